import { useGraphiQL } from '@graphiql/react';
import { useCallback, useSyncExternalStore } from 'react';
import { tabViews, type ViewState } from './view.ts';

/** The view of the open tab with its choices, and a function that changes a part of it. */
export function useViewState(): readonly [ViewState, (part: Partial<ViewState>) => void] {
  const { tabs, activeTabIndex } = useGraphiQL((state) => ({ tabs: state.tabs, activeTabIndex: state.activeTabIndex }));
  const open = tabs[activeTabIndex]?.id ?? '';
  const state = useSyncExternalStore(tabViews.subscribe, () => tabViews.of(open));
  const change = useCallback(
    (part: Partial<ViewState>) =>
      tabViews.choose(
        open,
        { ...tabViews.of(open), ...part },
        tabs.map(({ id }) => id),
      ),
    [open, tabs],
  );
  return [state, change];
}
