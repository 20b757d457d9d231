import { useGraphiQL } from '@graphiql/react';
import { useEffect, useRef } from 'react';
import { useStore } from '../use-store.ts';
import { maximized } from './maximized.ts';

/** Hides the editors or shows them again. Opening a tab shows them. */
export function MaximizeButton({ isMaximized }: { isMaximized: boolean }) {
  const hasResult = useHasResult();
  const count = useGraphiQL(({ tabs }) => tabs.length);
  const before = useRef(count);
  useEffect(() => {
    if (count > before.current) maximized.set(false);
    before.current = count;
  }, [count]);
  if (!hasResult) return null;
  return (
    <button
      type="button"
      className="graphiql-un-styled result-maximize"
      aria-label="Maximize the result"
      aria-pressed={isMaximized}
      title={isMaximized ? 'Show the editors again' : 'Hide the editors to make room for the result'}
      onClick={() => maximized.set(!isMaximized)}
    >
      <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
        <path
          d={isMaximized ? 'M10 4v6H4M14 20v-6h6M10 10 4 4M14 14l6 6' : 'M4 10V4h6M20 14v6h-6M4 4l6 6M20 20l-6-6'}
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
    </button>
  );
}

/** Whether the result has the room of the editors. Without a result, they are there: it is run from them. */
export function useMaximized(): boolean {
  const hasResult = useHasResult();
  return useStore(maximized) && hasResult;
}

const useHasResult = (): boolean => useGraphiQL(({ tabs, activeTabIndex }) => Boolean(tabs[activeTabIndex]?.response));
