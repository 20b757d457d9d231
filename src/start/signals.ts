/** In a terminal npm passes the same Ctrl-C on once more; a person's second one comes later. */
const sameSignalMilliseconds = 1000;

/**
 * Listens to the signals that ask a process to end.
 *
 * @param stop called with the first one.
 * @param again called with a further one, by somebody who does not want to wait.
 */
export function onStopSignals(stop: (signal: NodeJS.Signals) => void, again: () => void): void {
  let first: number | null = null;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (first === null) {
        first = performance.now();
        stop(signal);
      } else if (performance.now() - first > sameSignalMilliseconds) again();
    });
  }
}
