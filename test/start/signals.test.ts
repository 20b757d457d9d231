import { expect, onTestFinished, test, vi } from 'vitest';
import { onStopSignals } from '../../src/start/signals.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

test('a signal that npm forwards again is the same one; a second Ctrl-C is not', () => {
  const before = new Map(signals.map((signal) => [signal, process.listeners(signal)]));
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => {
    vi.useRealTimers();
    for (const signal of signals) {
      for (const listener of process.listeners(signal)) {
        if (!before.get(signal)?.includes(listener)) process.off(signal, listener);
      }
    }
  });
  const stop = vi.fn();
  const again = vi.fn();
  onStopSignals(stop, again);

  process.emit('SIGINT');
  vi.advanceTimersByTime(1_000);
  process.emit('SIGINT');
  expect(stop.mock.calls).toEqual([['SIGINT']]);
  expect(again).not.toHaveBeenCalled();

  vi.advanceTimersByTime(1);
  process.emit('SIGTERM');
  expect(stop).toHaveBeenCalledOnce();
  expect(again).toHaveBeenCalledOnce();
});
