import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useState } from 'react';
import { tabRequest } from './open-tab.ts';
import { maximized } from './results/maximized.ts';
import { useViewState } from './results/use-view-state.ts';
import type { ViewState } from './results/view.ts';
import { useStore } from './use-store.ts';

/** Opens the tabs that other parts of the page ask for, once the editors are loaded. */
export function TabOpener() {
  const content = useStore(tabRequest);
  const [next, setNext] = useState<Partial<ViewState> | null>(null);
  const [isFocusDue, setFocus] = useState(false);
  const [, changeState] = useViewState();
  const { queryEditor, variableEditor, tabs, activeTabIndex } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
    tabs: state.tabs,
    activeTabIndex: state.activeTabIndex,
  }));
  const { addTab, changeTab } = useGraphiQLActions();

  useEffect(() => {
    if (!content || !queryEditor || !variableEditor) return;
    tabRequest.set(null);
    const { view, choices } = content;
    setNext({ ...(view && { view }), ...(choices && { choices }) });
    // It is not run yet: the operation is what there is to see.
    maximized.set(false);
    setFocus(true);
    // GraphiQL keeps an edit with the open tab 0.1 s later, so what that tab has is in the editors.
    const texts = tabs.map(({ query, variables }, index) =>
      index === activeTabIndex ? [queryEditor.getValue(), variableEditor.getValue()] : [query, variables ?? ''],
    );
    const same = texts.findIndex(([query, variables]) => query === content.query && variables === content.variables);
    if (same === activeTabIndex) return;
    if (same >= 0) return changeTab(same);
    addTab();
    variableEditor.setValue(content.variables);
    queryEditor.setValue(content.query);
  }, [content, queryEditor, variableEditor, tabs, activeTabIndex, addTab, changeTab]);

  // After the tab was opened, so that the view is that of the new tab.
  useEffect(() => {
    if (!next || content) return;
    setNext(null);
    changeState(next);
  }, [next, content, changeState]);

  // After the editors are visible again.
  useEffect(() => {
    if (!isFocusDue || content) return;
    setFocus(false);
    queryEditor?.focus();
  }, [isFocusDue, content, queryEditor]);

  return null;
}
