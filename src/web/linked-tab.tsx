import { useEffect } from 'react';
import { LinkError, linkedOperation } from './link.ts';
import { currentNotice } from './notice.ts';
import { openTab } from './open-tab.ts';

/** Opens the operation of a link, and removes it from the address. It is not run: a link may come from anyone. */
export function LinkedTab() {
  useEffect(() => {
    const open = () => {
      const { hash, pathname, search } = location;
      if (hash === '') return;
      history.replaceState(history.state, '', pathname + search);
      try {
        const linked = linkedOperation(hash);
        if (!linked) return;
        openTab(linked);
        currentNotice.showUntilRun('Opened from a link. Nothing was run: check the operation, then press Ctrl-Enter.');
      } catch (error) {
        if (!(error instanceof LinkError)) throw error;
        currentNotice.show(error.message, true);
      }
    };
    open();
    addEventListener('hashchange', open);
    return () => removeEventListener('hashchange', open);
  }, []);
  return null;
}
