import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useLayoutEffect, useRef } from 'react';

/** Does at once what GraphiQL does late, or not at all, when another tab is opened. */
export function TabChange() {
  const open = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]);
  const { stop, setOperationName } = useGraphiQLActions();
  const before = useRef(open?.id);
  useLayoutEffect(() => {
    if (!open || before.current === open.id) return;
    before.current = open.id;
    // The answer to the request of the tab before would appear in this one. GraphiQL does not stop it when a new tab is added.
    stop();
    // GraphiQL reads the name from the editor 100 ms later. Until then it would run this tab with the name of the tab before,
    // or write that name over this tab's title when a further tab is added.
    setOperationName(open.operationName ?? '');
  }, [open, stop, setOperationName]);
  return null;
}
