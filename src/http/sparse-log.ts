const everyMilliseconds = 10_000;

/**
 * Limits how often an event is logged, so that a flood of requests is not also a flood of lines.
 *
 * @param log called at the first event, and then at most once in 10 seconds, with the number of events since its last call.
 * @returns to be called at each event, with what is logged of it.
 */
export function sparsely<Event>(log: (event: Event, count: number) => void): (event: Event) => void {
  let count = 0;
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (event) => {
    count++;
    if (performance.now() - loggedAt < everyMilliseconds) return;
    log(event, count);
    loggedAt = performance.now();
    count = 0;
  };
}
