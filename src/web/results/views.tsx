import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { type KeyboardEvent, lazy, Suspense, useMemo, useRef, useState } from 'react';
import { storage } from '../storage.ts';
import { listsOf, type ResultList } from './lists.ts';
import { shapeOf } from './shape.ts';

const views = ['JSON', 'Table', 'Chart', 'Timeline'] as const;
type View = (typeof views)[number];

// Loaded when they are opened for the first time.
const ResultTable = lazy(async () => ({ default: (await import('./table.tsx')).ResultTable }));
const ResultChart = lazy(async () => ({ default: (await import('./chart.tsx')).ResultChart }));
const ResultTimeline = lazy(async () => ({ default: (await import('./timeline.tsx')).ResultTimeline }));

const storageKey = 'result-views';

/** The view of each operation that is not shown as JSON, by the operation's name. */
const remembered = (): Record<string, View> => JSON.parse(storage.getItem(storageKey) ?? '{}');

function remember(operation: string, view: View): void {
  storage.setItem(storageKey, JSON.stringify({ ...remembered(), [operation]: view }));
}

/** Tabs above the response that show it as JSON, table, chart or timeline. */
export function ResultViews() {
  const tab = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]);
  const operation = tab?.title ?? '';
  const [chosen, setChosen] = useState<Readonly<Record<string, View>>>(remembered);
  const view = chosen[operation] ?? 'JSON';
  const choose = (next: View) => {
    remember(operation, next);
    setChosen({ ...chosen, [operation]: next });
  };
  return (
    <div className="result-views" data-view={view}>
      <ViewTabs view={view} onChoose={choose} />
      {view !== 'JSON' && (
        <div className="result-panel" role="tabpanel" id="result-panel" aria-label={view}>
          <Suspense fallback={<p className="result-note">Loading…</p>}>
            <Shown view={view} response={tab?.response ?? null} />
          </Suspense>
        </div>
      )}
    </div>
  );
}

/** Arrow keys move between the tabs, as in all lists of tabs. */
function ViewTabs({ view, onChoose }: { view: View; onChoose: (view: View) => void }) {
  const list = useRef<HTMLDivElement>(null);
  function move(event: KeyboardEvent) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = (views.indexOf(view) + step + views.length) % views.length;
    onChoose(views[next] ?? 'JSON');
    list.current?.querySelectorAll('button')[next]?.focus();
  }
  return (
    <div className="result-tabs" role="tablist" aria-label="View of the result" ref={list} onKeyDown={move}>
      {views.map((each) => (
        <button
          key={each}
          type="button"
          role="tab"
          className="graphiql-un-styled"
          aria-selected={each === view}
          aria-controls={each === 'JSON' ? undefined : 'result-panel'}
          tabIndex={each === view ? 0 : -1}
          onClick={() => onChoose(each)}
        >
          {each}
        </button>
      ))}
    </div>
  );
}

function Shown({ view, response }: { view: View; response: string | null }) {
  const lists = useLists(response);
  const [name, setName] = useState<string | null>(null);
  const openIteration = useOpenIteration();
  if (lists === null) return <p className="result-note">Run the operation to see its result here.</p>;
  if (typeof lists === 'string') return <p className="result-note">{lists}</p>;
  const list = lists.find((each) => each.name === name) ?? defaultList(lists);
  if (!list) return <p className="result-note">The result has no rows.</p>;
  if (view === 'Timeline') return <ResultTimeline lists={lists} onPick={openIteration} />;
  return (
    <>
      {lists.length > 1 && (
        <label className="result-choice">
          List
          <select value={list.name} onChange={({ target }) => setName(target.value)}>
            {lists.map((each) => (
              <option key={each.name} value={each.name}>
                {each.name} ({each.rows.length.toLocaleString('en')})
              </option>
            ))}
          </select>
        </label>
      )}
      {view === 'Table' ? <ResultTable key={list.name} list={list} /> : <ResultChart key={list.name} list={list} />}
    </>
  );
}

/** The list with the most rows. */
const defaultList = (lists: readonly ResultList[]): ResultList | undefined =>
  lists.reduce<ResultList | undefined>(
    (most, each) => (most && most.rows.length >= each.rows.length ? most : each),
    undefined,
  );

/**
 * The lists of a response.
 *
 * @returns null if there is none yet; a text if it has errors only.
 */
function useLists(response: string | null): readonly ResultList[] | string | null {
  const { schema, documentAST, operationName } = useGraphiQL((state) => ({
    schema: state.schema,
    documentAST: state.documentAST,
    operationName: state.operationName,
  }));
  const document = useRef(documentAST);
  document.current = documentAST;
  return useMemo(() => {
    if (!response) return null;
    let result: { readonly data?: unknown; readonly errors?: readonly { readonly message: string }[] };
    try {
      result = JSON.parse(response);
    } catch {
      return null;
    }
    if (!result.data) return result.errors?.map(({ message }) => message).join('\n') ?? null;
    // The document that was sent; later edits change nothing.
    const shape = schema && document.current ? shapeOf(schema, document.current, operationName ?? null) : null;
    return listsOf(result.data, shape);
  }, [response, schema, operationName]);
}

const iterationQuery = `# How does this iteration perform by day?
query IterationByDay($id: ID!) {
  iteration(id: $id) {
    id
    name
    createdAt
    endedAt
    daily {
      day
      metrics {
        conversions
        clicks
        conversionRate
        payout
        isFinal
      }
    }
  }
}
`;

/** Opens a tab with a query about an iteration. */
function useOpenIteration(): (id: string) => void {
  const { queryEditor, variableEditor } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
  }));
  const { addTab } = useGraphiQLActions();
  return (id) => {
    addTab();
    variableEditor?.setValue(JSON.stringify({ id }, null, 2));
    queryEditor?.setValue(iterationQuery);
    queryEditor?.focus();
  };
}
