import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';

/** Keeps the row of tabs usable: the open tab is visible, and screen readers reach the buttons in the tabs. */
export function TabRow() {
  const { tabs, activeTabIndex } = useGraphiQL((state) => ({ tabs: state.tabs, activeTabIndex: state.activeTabIndex }));
  // biome-ignore lint/correctness/useExhaustiveDependencies: both change the row
  useEffect(() => {
    const row = document.querySelector('.graphiql-tabs');
    if (row) describeAsList(row);
    row?.querySelector('.graphiql-tab-active')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [tabs, activeTabIndex]);
  return null;
}

/**
 * GraphiQL gives the tabs the role `tab`, although each holds two buttons. Screen readers present a tab as one control and skip
 * what is in it, so the tabs become a list of buttons.
 */
function describeAsList(row: Element): void {
  row.setAttribute('role', 'list');
  for (const tab of row.children) {
    tab.setAttribute('role', 'listitem');
    tab.removeAttribute('aria-selected');
    const isOpen = tab.classList.contains('graphiql-tab-active');
    tab.querySelector('.graphiql-tab-button')?.setAttribute('aria-current', String(isOpen));
  }
}
