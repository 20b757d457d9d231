import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { useMemo, useState } from 'react';
import { ApiKey } from './api-key.ts';
import { EditorDefaults } from './editor-defaults.tsx';
import { examples } from './examples.ts';
import { EXAMPLES_PLUGIN } from './examples-panel.tsx';
import logo from './favicon.svg';
import { createFetcher } from './fetcher.ts';
import { ChangeKey, KeyForm } from './key-form.tsx';
import { ResultViews } from './results/views.tsx';
import { storage } from './storage.ts';

const apiKey = new ApiKey();
const PLUGINS = [EXAMPLES_PLUGIN, HISTORY_PLUGIN];

export function App() {
  const [reachable, setReachable] = useState(true);
  const fetcher = useMemo(() => createFetcher(apiKey, setReachable), []);
  return (
    <>
      {!reachable && (
        <p className="notice" role="alert">
          The Attribution API does not respond at <code>/graphql</code>. If you run it yourself, check that it is still
          running, then press Shift-Ctrl-R to reload the schema.
        </p>
      )}
      <KeyForm apiKey={apiKey} />
      <GraphiQL
        fetcher={fetcher}
        storage={storage}
        defaultTabs={examples}
        defaultEditorToolsVisibility="variables"
        plugins={PLUGINS}
        isHeadersEditorEnabled
        schemaDescription
        inputValueDeprecation
      >
        <EditorDefaults />
        <GraphiQL.Footer>
          <ResultViews />
        </GraphiQL.Footer>
        <GraphiQL.Logo>
          <span className="brand">
            <img src={logo} alt="" />
            Attribution API
            <ChangeKey apiKey={apiKey} />
          </span>
        </GraphiQL.Logo>
      </GraphiQL>
    </>
  );
}
