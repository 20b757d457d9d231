import { type GraphiQLPlugin, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useRef, useState } from 'react';
import { openTab } from '../open-tab.ts';
import { isNarrow } from '../page-state.ts';
import { type Edit, edited, stateEdit, stateNamedIn } from '../results/seen-as.ts';
import { useKnownState } from '../results/use-known-state.ts';
import { SaveForm } from './save-form.tsx';
import { SavedItem } from './saved-item.tsx';
import { deleteSaved, readSaved, type SavedQuery, type SavedText, save } from './saved-queries.ts';
import { type TakenName, takenName } from './taken-name.ts';
import { useSavedList } from './use-saved-list.ts';

/** A panel with the queries that the service keeps: open, save, rename and delete them. */
export const SAVED_PLUGIN: GraphiQLPlugin = { title: 'Saved queries', icon: SavedIcon, content: SavedPanel };

function SavedPanel() {
  const { queryEditor, variableEditor } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
  }));
  const title = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.title ?? '');
  const { setVisiblePlugin } = useGraphiQLActions();
  const knownState = useKnownState();
  const { saved, problem, isBusy, run } = useSavedList();
  const [deleted, setDeleted] = useState<SavedText | null>(null);
  const [taken, setTaken] = useState<(TakenName & Draft) | null>(null);

  const open = ({ id, name }: SavedQuery) =>
    run(async () => {
      const text = await readSaved(id);
      if (!text) throw new Error(`${name} has been deleted.`);
      openTab({ query: text.document, variables: text.variables ?? '', ...stateNamedIn(text.document) });
      if (isNarrow()) setVisiblePlugin(null);
    });
  /** If another query has the name, asks before that is replaced. */
  const keep = (draft: Draft, id: string | null) =>
    run(async () => {
      setTaken(null);
      try {
        await save(draft.text, id);
      } catch (error) {
        const other = takenName(error);
        if (other) setTaken({ ...other, ...draft });
        throw error;
      }
      setDeleted(null);
      showInEditor(draft);
    });
  /** What was saved is in the editor, unless the user has gone on meanwhile. */
  const showInEditor = ({ edit, before }: Draft) => {
    const model = queryEditor?.getModel();
    if (!queryEditor || !model || !edit || queryEditor.getValue() !== before) return;
    // Only the comment: the cursor and the folded parts stay.
    const [from, to] = [model.getPositionAt(edit.from), model.getPositionAt(edit.to)];
    const range = {
      startLineNumber: from.lineNumber,
      startColumn: from.column,
      endLineNumber: to.lineNumber,
      endColumn: to.column,
    };
    queryEditor.executeEdits('saved', [{ range, text: edit.text }]);
  };
  const saveOpenTab = (name: string, replaced: string | null) => {
    const before = queryEditor?.getValue() ?? '';
    const edit = stateEdit(before, knownState());
    const variables = variableEditor?.getValue().trim() || null;
    return keep({ text: { name, document: edited(before, edit), variables }, edit, before }, replaced);
  };
  const rename = ({ id, name }: SavedQuery, newName: string) =>
    run(async () => {
      setTaken(null);
      const text = await readSaved(id);
      if (!text) throw new Error(`${name} has been deleted.`);
      try {
        await save({ ...text, name: newName }, id);
      } catch (error) {
        throw new Error(`${name} was not renamed: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
  const remove = ({ id }: SavedQuery) => run(async () => setDeleted(await deleteSaved(id)));

  return (
    <section aria-label="Saved queries" aria-busy={isBusy}>
      <div className="graphiql-doc-explorer-title">Saved queries</div>
      <p className="examples-welcome">
        The service keeps them for everyone who may read data. Opening one does not run it. Mutations cannot be saved.
      </p>
      <SaveForm saved={saved ?? []} suggestion={title === untitled ? '' : title} isBusy={isBusy} onSave={saveOpenTab} />
      <div role="status">
        {taken ? (
          <p className="panel-undo">
            Replace {taken.owner}'s query {taken.text.name}?{' '}
            <FocusedButton onClick={() => void keep(taken, taken.id)}>Replace</FocusedButton>{' '}
            <button type="button" className="graphiql-button" onClick={() => setTaken(null)}>
              Keep it
            </button>
          </p>
        ) : (
          problem && <p className="panel-problem">{problem}</p>
        )}
        {deleted && (
          <p className="panel-undo">
            Deleted {deleted.name}.{' '}
            <FocusedButton
              key={deleted.name}
              onClick={() => void keep({ text: deleted, edit: null, before: null }, null)}
            >
              Undo
            </FocusedButton>
          </p>
        )}
        {saved?.length === 0 && <p>No saved queries yet.</p>}
      </div>
      <ul className="panel-list">
        {saved?.map((each) => (
          <SavedItem
            key={each.id}
            saved={each}
            isBusy={isBusy}
            onOpen={(one) => void open(one)}
            onRename={rename}
            onDelete={(one) => void remove(one)}
          />
        ))}
      </ul>
    </section>
  );
}

/** What is saved. */
interface Draft {
  readonly text: SavedText;
  /** What the text changes in the editor; null: nothing. */
  readonly edit: Edit | null;
  /** The text of the editor without that; null: it is not from there. */
  readonly before: string | null;
}

/** GraphiQL's title of tabs whose operation has no name. */
const untitled = '<untitled>';

/** A button that appears in place of what was pressed, and so gets the focus. */
function FocusedButton({ children, onClick }: { readonly children: string; readonly onClick: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <button ref={button} type="button" className="graphiql-button" onClick={onClick}>
      {children}
    </button>
  );
}

function SavedIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M6 3.75h12v16.5l-6-4.5-6 4.5z" strokeLinejoin="round" />
    </svg>
  );
}
