import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { useMemo, useState } from 'react';
import { EditorDefaults } from './editor-defaults.tsx';
import { examples } from './examples.ts';
import { EXAMPLES_PLUGIN } from './examples-panel.tsx';
import logo from './favicon.svg';
import { createFetcher } from './fetcher.ts';
import { storage } from './storage.ts';

const PLUGINS = [EXAMPLES_PLUGIN, HISTORY_PLUGIN];

export function App() {
  const [reachable, setReachable] = useState(true);
  const fetcher = useMemo(() => createFetcher(setReachable), []);
  return (
    <>
      {!reachable && (
        <p className="notice" role="alert">
          The Attribution API does not respond at <code>/graphql</code>. If you run it yourself, check that it is still
          running, then press Shift-Ctrl-R to reload the schema.
        </p>
      )}
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
        <GraphiQL.Logo>
          <span className="brand">
            <img src={logo} alt="" />
            Attribution API
          </span>
        </GraphiQL.Logo>
      </GraphiQL>
    </>
  );
}
