import { type GraphiQLPlugin, useGraphiQLActions } from '@graphiql/react';
import {
  type ExampleValues,
  exampleValues,
  exampleValuesQuery,
  needsBuild,
  needsValues,
  withValues,
} from './example-values.ts';
import { type Example, examples } from './examples.ts';
import { currentNotice } from './notice.ts';
import { openTab } from './open-tab.ts';
import { apiKey, isNarrow } from './page-state.ts';
import { ask } from './requests.ts';

/** A panel that lists all examples. It opens one in a tab, with variables that fit the data. */
export const EXAMPLES_PLUGIN: GraphiQLPlugin = { title: 'Examples', icon: ExamplesIcon, content: ExamplesPanel };

const questions = examples.filter(({ isForOperators }) => !isForOperators);
const forOperators = examples.filter(({ isForOperators }) => isForOperators);

/** Examples open in the order in which they were chosen: one may wait for values, and the next not. */
let opened = Promise.resolve();

function ExamplesPanel() {
  const { setVisiblePlugin } = useGraphiQLActions();
  const open = ({ query, variables, view, choices }: Example) => {
    const next = async () => {
      openTab({ query, variables: await fitted(variables), view, choices });
      if (isNarrow()) setVisiblePlugin(null);
    };
    opened = opened.then(next, next);
  };
  return (
    <section aria-label="Examples">
      <div className="graphiql-doc-explorer-title">Examples</div>
      <p className="examples-welcome">
        Which AdSuite iteration was live when the click of a conversion happened? Pick an example, press Ctrl-Enter to
        run it, and adapt it to your question.
      </p>
      <ExampleList examples={questions} onOpen={open} />
      <details className="examples-more">
        <summary>Pushes to AdSuite, for operators</summary>
        <p className="examples-welcome">Before a mutation is sent, the page asks for your confirmation.</p>
        <ExampleList examples={forOperators} onOpen={open} />
      </details>
    </section>
  );
}

interface ExampleListProps {
  readonly examples: readonly Example[];
  readonly onOpen: (example: Example) => void;
}

function ExampleList({ examples, onOpen }: ExampleListProps) {
  return (
    <ul className="panel-list">
      {examples.map((example) => (
        <li key={example.name}>
          <button type="button" className="graphiql-un-styled" onClick={() => onOpen(example)}>
            {example.question}
            <small>{example.name}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The values of the data, once they are known: the page asks for them when an example needs one. */
let values: ExampleValues | null = null;
let valuesUntil = 0;

/** Milliseconds: a page can be open for days, with new builds and new last days. */
const valuesAge = 60_000;

/** As they are if they need no values of the data, or the service does not answer in time and never has. */
async function fitted(variables: string): Promise<string> {
  if (!needsValues(variables)) return variables;
  if (Date.now() > valuesUntil) await readValues();
  if (values && needsBuild(variables) && values.earlierBuild === null) {
    currentNotice.show('There is no earlier build yet. This example compares builds: open it after the next one.');
    // There may be one the next time.
    valuesUntil = 0;
  }
  return values ? withValues(variables, values) : variables;
}

/** If the service does not answer in time, the values stay as they are. */
async function readValues(): Promise<void> {
  try {
    values = exampleValues(await ask(apiKey, exampleValuesQuery, {}, { signal: AbortSignal.timeout(5_000) }));
    valuesUntil = Date.now() + valuesAge;
  } catch {
    valuesUntil = 0;
  }
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M9.2 9.2a2.9 2.9 0 1 1 4.3 2.6c-.9.5-1.5 1.1-1.5 2.2" strokeLinecap="round" />
      <circle cx="12" cy="17" r=".6" fill="currentColor" />
      <rect x="3" y="3" width="18" height="18" rx="4" />
    </svg>
  );
}
