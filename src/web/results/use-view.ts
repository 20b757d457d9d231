import { useGraphiQL } from '@graphiql/react';
import { useSyncExternalStore } from 'react';
import { tabViews, type View } from './view.ts';

/** The view of the open tab, and a function that chooses another one. */
export function useView(): readonly [View, (view: View) => void] {
  const { tabs, activeTabIndex } = useGraphiQL((state) => ({ tabs: state.tabs, activeTabIndex: state.activeTabIndex }));
  const open = tabs[activeTabIndex]?.id ?? '';
  const view = useSyncExternalStore(tabViews.subscribe, () => tabViews.of(open));
  return [
    view,
    (next) =>
      tabViews.choose(
        open,
        next,
        tabs.map(({ id }) => id),
      ),
  ];
}
