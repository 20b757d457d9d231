import { useLayoutEffect, useRef, useState } from 'react';

/** The width of an element, in pixels, also after it changed. */
export function useWidth() {
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(600);
  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const measure = () => setWidth(Math.max(element.clientWidth, 240));
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    measure();
    return () => resized.disconnect();
  }, []);
  return { host, width };
}
