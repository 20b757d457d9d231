const intervalMilliseconds = 10_000;

/**
 * Throttles a log line, so that a flood of requests does not flood the log.
 *
 * @param log called for the first event, then at most once in 10 seconds, with the number of events since its last call.
 * @returns the function to call for each event.
 */
export function throttledLog<Event>(log: (event: Event, count: number) => void): (event: Event) => void {
  let count = 0;
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (event) => {
    count++;
    if (performance.now() - loggedAt < intervalMilliseconds) return;
    log(event, count);
    loggedAt = performance.now();
    count = 0;
  };
}
