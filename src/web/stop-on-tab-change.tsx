import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useLayoutEffect, useRef } from 'react';

/**
 * Stops the request of a tab when another one is opened: its answer would appear there. GraphiQL does so when the user changes the
 * tab, but not when a new one is added.
 */
export function StopOnTabChange() {
  const open = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.id);
  const { stop } = useGraphiQLActions();
  const before = useRef(open);
  useLayoutEffect(() => {
    if (before.current !== open) stop();
    before.current = open;
  }, [open, stop]);
  return null;
}
