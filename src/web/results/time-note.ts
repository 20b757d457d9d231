/** Says which time zone the times of a view have. */
export function timeNote(isByDay: boolean, timeZone: string | null): string {
  if (!isByDay) return 'Times are UTC.';
  if (timeZone === null) return 'Days are those of the time zone in the query, or of UTC if it has none.';
  return timeZone === 'UTC' ? 'Days are UTC.' : `Days are those of ${timeZone}.`;
}
