import { type GraphiQLPlugin, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { type Example, examples } from './examples.ts';

/** A panel that lists all examples, to reopen one after its tab was closed or edited. */
export const EXAMPLES_PLUGIN: GraphiQLPlugin = { title: 'Examples', icon: ExamplesIcon, content: ExamplesPanel };

function ExamplesPanel() {
  const editors = useGraphiQL(({ queryEditor, variableEditor }) => ({ queryEditor, variableEditor }));
  const tabs = useGraphiQL((state) => state.tabs);
  const { addTab, changeTab } = useGraphiQLActions();

  function open(example: Example) {
    const unchanged = tabs.findIndex((tab) => tab.query === example.query);
    if (unchanged >= 0) return changeTab(unchanged);
    addTab();
    editors.variableEditor?.setValue(example.variables ?? '');
    editors.queryEditor?.setValue(example.query);
    editors.queryEditor?.focus();
  }

  return (
    <section aria-label="Examples">
      <div className="graphiql-doc-explorer-title">Examples</div>
      <p className="examples-welcome">
        Which AdSuite iteration was live when the click of a conversion happened? Pick an example, press Ctrl-Enter to
        run it, and adapt it to your question.
      </p>
      <ul className="examples-list">
        {examples.map((example) => (
          <li key={example.name}>
            <button type="button" className="graphiql-un-styled" onClick={() => open(example)}>
              {example.question}
              <small>{example.name}</small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
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
