import { type KeyboardEvent, lazy, Suspense, useRef } from 'react';
import { openTab } from '../open-tab.ts';
import type { Answer } from './answers.ts';
import { defaultList } from './default-list.ts';
import { ExportButtons } from './export-buttons.tsx';
import { MaximizeButton, useMaximized } from './maximize-button.tsx';
import { pageNotes } from './page-note.ts';
import type { ResultList } from './result-list.ts';
import { useAnswer, useKeptAnswers } from './use-answer.ts';
import { useViewState } from './use-view-state.ts';
import { type View, type ViewState, views } from './view.ts';

// Each is loaded when it is opened for the first time.
const ResultTable = lazy(async () => ({ default: (await import('./table.tsx')).ResultTable }));
const ResultChart = lazy(async () => ({ default: (await import('./chart.tsx')).ResultChart }));
const ResultTimeline = lazy(async () => ({ default: (await import('./timeline.tsx')).ResultTimeline }));

/** Tabs above the response that show it as JSON, table, chart or timeline, and buttons to take it away. */
export function ResultViews() {
  const [state, change] = useViewState();
  const { view } = state;
  const isMaximized = useMaximized();
  useKeptAnswers();
  return (
    <div className="result-views" data-view={view} data-maximized={isMaximized}>
      <div className="result-bar">
        <ViewTabs view={view} onChoose={(next) => change({ view: next })} />
        <div className="result-tools">
          <ExportButtons />
          <MaximizeButton isMaximized={isMaximized} />
        </div>
      </div>
      {view !== 'JSON' && (
        <div className="result-panel" role="tabpanel" id="result-panel" aria-label={view}>
          <Shown state={state} onChange={change} />
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
          aria-controls={each === view && each !== 'JSON' ? 'result-panel' : undefined}
          tabIndex={each === view ? 0 : -1}
          onClick={() => onChoose(each)}
        >
          {each}
        </button>
      ))}
    </div>
  );
}

interface ShownProps {
  readonly state: ViewState;
  readonly onChange: (part: Partial<ViewState>) => void;
}

function Shown({ state, onChange }: ShownProps) {
  const { view, choices } = state;
  const open = useAnswer();
  const lists = open?.answer.lists ?? [];
  const list = lists.find((each) => each.name === choices.list) ?? defaultList(view, lists);
  return (
    <>
      {open && <Problems answer={open.answer} />}
      <PageNotes lists={view === 'Timeline' ? lists : list ? [list] : []} />
      {!open ? (
        <p className="result-note">Run the operation to see its result here.</p>
      ) : !list ? (
        <p className="result-note">The result has no rows.</p>
      ) : (
        <ViewOf
          state={state}
          onChange={onChange}
          lists={lists}
          list={list}
          isPartial={open.answer.problems.length > 0}
          asOf={open.answer.asOf}
          answerKey={`${open.tab} ${open.answer.key}`}
        />
      )}
    </>
  );
}

/** Errors of the answer, which can have rows as well. */
function Problems({ answer: { problems } }: { answer: Answer }) {
  if (problems.length === 0) return null;
  return (
    <div className="result-problems" role="alert">
      {problems.slice(0, 5).map((problem, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same message can be there twice
        <p key={index}>{problem}</p>
      ))}
      {problems.length > 5 && <p>The JSON has {problems.length - 5} more errors.</p>}
    </div>
  );
}

interface ViewOfProps extends ShownProps {
  readonly lists: readonly ResultList[];
  /** The one that table and chart show. */
  readonly list: ResultList;
  /** Whether the answer has errors, too. */
  readonly isPartial: boolean;
  /** Cut-off time of the build that the answer is from; null: unknown. */
  readonly asOf: number | null;
  /** Different for each answer and tab. */
  readonly answerKey: string;
}

function ViewOf({ state: { view, choices }, onChange, lists, list, isPartial, asOf, answerKey }: ViewOfProps) {
  return (
    <Suspense fallback={<p className="result-note">Loading…</p>}>
      {view !== 'Timeline' && lists.length > 1 && (
        <label className="result-choice">
          List
          <select value={list.name} onChange={({ target }) => onChange({ choices: { list: target.value } })}>
            {lists.map((each) => (
              <option key={each.name} value={each.name}>
                {each.name} ({each.rows.length.toLocaleString('en')})
              </option>
            ))}
          </select>
        </label>
      )}
      {/* Another list has other columns. */}
      {view === 'Timeline' ? (
        <ResultTimeline key={answerKey} lists={lists} isPartial={isPartial} asOf={asOf} onQuery={openTab} />
      ) : view === 'Table' ? (
        <ResultTable key={list.name} list={list} />
      ) : (
        <ResultChart
          key={list.name}
          list={list}
          isPartial={isPartial}
          choices={choices}
          onChoose={(next) => onChange({ choices: next })}
        />
      )}
    </Suspense>
  );
}

/** Says of lists that they are only a page, or may be one. It is there without a note, too: screen readers read what changes in it. */
function PageNotes({ lists }: { lists: readonly ResultList[] }) {
  return (
    <div role="status">
      {pageNotes(lists).map(({ name, text }) => (
        <p key={name} className="result-note">
          {text}
        </p>
      ))}
    </div>
  );
}
