// Local time by Intl alone, instant by instant: the oracle of days and hours. It knows nothing of transitions.

const formats = new Map<string, Intl.DateTimeFormat>();

/** An instant's local day and hour, and the offset that shows which of two equal hours it is. */
export function localLabels(timeZone: string, instant: string): { readonly day: string; readonly hour: string } {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'longOffset',
    });
  formats.set(timeZone, format);
  const parts = Object.fromEntries(format.formatToParts(Date.parse(instant)).map(({ type, value }) => [type, value]));
  const day = `${parts.year}-${parts.month}-${parts.day}`;
  return { day, hour: `${day} ${parts.hour} ${parts.timeZoneName}` };
}

/** When the local hour of an instant began: the first minute that has the same label. */
export function startOfLocalHour(timeZone: string, instant: string): string {
  const { hour } = localLabels(timeZone, instant);
  let minute = Math.floor(Date.parse(instant) / 60_000);
  while (localLabels(timeZone, new Date((minute - 1) * 60_000).toISOString()).hour === hour) minute -= 1;
  return new Date(minute * 60_000).toISOString().replace('.000Z', '.000000Z');
}
