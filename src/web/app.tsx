import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { useMemo, useState } from 'react';

import { ConfirmMutation } from './confirm-mutation.tsx';
import { CopyLink } from './copy-link.tsx';
import { EditorDefaults } from './editor-defaults.tsx';
import { examples } from './examples.ts';
import { EXAMPLES_PLUGIN } from './examples-panel.tsx';
import logo from './favicon.svg';
import { createFetcher } from './fetcher.ts';
import { ChangeKey, KeyForm } from './key-form.tsx';
import { LinkedTab } from './linked-tab.tsx';
import { currentNotice } from './notice.ts';
import { NoticeBar } from './notice-bar.tsx';
import { apiKey, confirmation } from './page-state.ts';
import { answers } from './results/answers.ts';
import { ResultViews } from './results/views.tsx';
import { SAVED_PLUGIN } from './saved/saved-panel.tsx';
import { isFirstVisit, storage } from './storage.ts';
import { TabChange } from './tab-change.tsx';
import { TabOpener } from './tab-opener.tsx';
import { TabRow } from './tab-row.tsx';

const PLUGINS = [EXAMPLES_PLUGIN, SAVED_PLUGIN, HISTORY_PLUGIN];

/** The other examples are in their panel, which is open at the first visit if there is room for it. */
const firstTabs = examples.slice(0, 1);
const firstPanel = isFirstVisit() && matchMedia('(min-width: 900px)').matches ? EXAMPLES_PLUGIN.title : '';

export function App() {
  const [reachable, setReachable] = useState(true);
  const fetcher = useMemo(
    () =>
      createFetcher({
        apiKey,
        confirmation,
        onReachable: setReachable,
        onAnswer: (answer, sent) => {
          currentNotice.hasRun();
          answers.add(answer, sent);
        },
      }),
    [],
  );
  return (
    <main>
      {!reachable && (
        <p className="notice" role="alert">
          The Attribution API does not respond at <code>/graphql</code>. If you run it yourself, check that it is still
          running, then press Shift-Ctrl-R to reload the schema.
        </p>
      )}
      <KeyForm apiKey={apiKey} />
      <NoticeBar />
      <ConfirmMutation confirmation={confirmation} />
      <GraphiQL
        fetcher={fetcher}
        storage={storage}
        defaultTabs={firstTabs}
        defaultEditorToolsVisibility="variables"
        plugins={PLUGINS}
        visiblePlugin={firstPanel}
        isHeadersEditorEnabled
        schemaDescription
        inputValueDeprecation
      >
        <EditorDefaults />
        <TabChange />
        <TabRow />
        <TabOpener />
        <LinkedTab />
        <GraphiQL.Toolbar>
          {({ prettify, merge, copy }) => (
            <>
              {prettify}
              {merge}
              {copy}
              <CopyLink />
            </>
          )}
        </GraphiQL.Toolbar>
        <GraphiQL.Footer>
          <ResultViews />
        </GraphiQL.Footer>
        <GraphiQL.Logo>
          <h1 className="brand">
            <img src={logo} alt="" />
            <span className="brand-name">Attribution API</span>
            <ChangeKey apiKey={apiKey} />
          </h1>
        </GraphiQL.Logo>
      </GraphiQL>
    </main>
  );
}
