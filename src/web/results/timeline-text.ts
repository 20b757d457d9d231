import { dateText, dayMilliseconds } from './days.ts';
import { timeNote } from './time-note.ts';
import type { DaySums, Flag, Timeline } from './timeline-model.ts';

/** @param at milliseconds since 1970. */
export const instantText = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** Conversions per click; null without clicks, or if the conversions are not known. */
export const rateOf = ({ conversions, clicks }: DaySums): number | null =>
  conversions === null || clicks === null || clicks === 0 ? null : conversions / clicks;

/** The numbers of a day. */
export function dayText(day: DaySums): string {
  const rate = rateOf(day);
  const conversions =
    day.conversions === null ? 'not in the answer' : `${day.conversions.toLocaleString('en')} conversions`;
  const parts = [
    `${dateText(day.at)}: ${conversions}`,
    day.clicks === null ? null : `${day.clicks.toLocaleString('en')} clicks`,
    rate === null ? null : `${(rate * 100).toFixed(2)} conversions per 100 clicks`,
    day.isImmature ? 'can still grow' : null,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

/** The line of rates as an SVG path. It has a gap where a rate is not known; a day between gaps is a dot. */
export function ratePath(days: readonly DaySums[], y: (rate: number) => number, x: (at: number) => number): string {
  let command = 'M';
  const parts: string[] = [];
  for (const day of days) {
    const rate = rateOf(day);
    if (rate === null) command = 'M';
    else {
      const point = `${x(day.at + dayMilliseconds / 2)} ${y(rate)}`;
      // A line of no length is drawn as a dot.
      parts.push(command === 'M' ? `M${point}L${point}` : `L${point}`);
      command = 'L';
    }
  }
  return parts.join('');
}

/** Findings that are named; the JSON has all of them. */
const named = 3;

/** The findings of a flag, with the times when they were seen first. */
export function flagText({ findings }: Flag): string {
  const [first] = findings;
  if (!first) return '';
  const count = findings.length === 1 ? 'Finding' : `${findings.length} findings`;
  const isOnce = findings.every(({ seen }) => seen === first.seen);
  const labels = findings.slice(0, named).map(({ seen, label }) => (isOnce ? label : `${instantText(seen)} ${label}`));
  const more = findings.length > named ? [`and ${findings.length - named} more`] : [];
  return `${count}${isOnce ? `, ${instantText(first.seen)}` : ''}: ${[...labels, ...more].join('; ')}`;
}

/** What a timeline shows. */
export function timelineTitle({ lanes }: Timeline): string {
  const bars = lanes.reduce((sum, lane) => sum + lane.bars.length, 0);
  const label = lanes.length === 1 ? lanes[0]?.label : '';
  return `Timeline of ${bars} ${bars === 1 ? 'iteration' : 'iterations'}${label ? ` of ${label}` : ''}`;
}

/** The time zones of a timeline. */
export const timelineNote = ({ days, timeZone }: Timeline): string =>
  days.length > 0 && timeZone !== 'UTC' ? `Times are UTC. ${timeNote(true, timeZone)}` : 'Times are UTC.';

export interface TimelineMark {
  readonly mark: 'boundary' | 'day' | 'rate' | 'unknown' | 'immature' | 'flag';
  readonly label: string;
}

/** The legend of what a timeline has. */
export function timelineLegend({ days, canGrow, flags }: Timeline): TimelineMark[] {
  const marks: readonly (readonly [TimelineMark['mark'], string, boolean])[] = [
    ['boundary', 'an iteration begins', true],
    ['day', 'conversions', days.length > 0],
    [
      'rate',
      'conversions per click of the iterations that have conversions on the day',
      days.some(({ clicks }) => clicks !== null),
    ],
    ['unknown', 'not in the answer', days.some(({ conversions }) => conversions === null)],
    ['immature', 'can still grow', canGrow || days.some(({ isImmature }) => isImmature)],
    ['flag', 'a data quality finding begins', flags.length > 0],
  ];
  return marks.flatMap(([mark, label, isThere]) => (isThere ? [{ mark, label }] : []));
}
