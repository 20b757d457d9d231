import { expect, onTestFinished, test, vi } from 'vitest';
import { throttledLog } from '../../src/http/throttled-log.ts';

test('the first event is logged, and then one in ten seconds, with the number since the last one', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const lines: [event: string, count: number][] = [];
  const log = throttledLog((event: string, count) => lines.push([event, count]));
  for (const event of ['a', 'b', 'c']) log(event);
  expect(lines).toEqual([['a', 1]]);
  vi.advanceTimersByTime(9_999);
  log('d');
  vi.advanceTimersByTime(1);
  log('e');
  log('f');
  expect(lines).toEqual([
    ['a', 1],
    ['e', 4],
  ]);
  vi.advanceTimersByTime(20_000);
  log('g');
  expect(lines.at(-1)).toEqual(['g', 2]);
});
