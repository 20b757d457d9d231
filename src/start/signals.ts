/** In a terminal npm forwards the same Ctrl-C again. A second Ctrl-C of the user comes later. */
const sameSignalMilliseconds = 1000;

/**
 * Listens to the signals that end a process.
 *
 * @param stop called with the first signal.
 * @param again called for a later one: the user does not want to wait.
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
