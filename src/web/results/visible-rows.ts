import { type RefObject, useLayoutEffect, useRef, useState } from 'react';

/** Pixels of a row of the table. */
const rowHeight = 28;

/** Rows that are drawn above and below the visible ones, so that scrolling shows no gap. */
const spareRows = 20;

interface VisibleRows {
  /** The element that scrolls. */
  readonly scroller: RefObject<HTMLElement | null>;
  /** Index of the first row to draw. */
  readonly first: number;
  /** Index after the last row to draw. */
  readonly end: number;
  readonly rowHeight: number;
}

/** The rows of a long table to draw, by how far it is scrolled. */
export function useVisibleRows(count: number): VisibleRows {
  const scroller = useRef<HTMLElement>(null);
  const [range, setRange] = useState({ first: 0, end: 3 * spareRows });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the element appears with the first row
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => {
      // In steps, so that a small movement draws nothing again.
      const top = Math.floor(element.scrollTop / rowHeight / spareRows) * spareRows;
      const visible = Math.ceil(element.clientHeight / rowHeight);
      const next = { first: Math.max(top - spareRows, 0), end: top + visible + 2 * spareRows };
      setRange((before) => (before.first === next.first && before.end === next.end ? before : next));
    };
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [count > 0]);
  return { scroller, first: Math.min(range.first, count), end: Math.min(range.end, count), rowHeight };
}
