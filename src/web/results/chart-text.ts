import { type Chart, type ChartChoice, maxSeries } from './series.ts';

/** What a chart shows. */
export const chartTitle = ({ metric, time, group }: ChartChoice): string =>
  `${metric} by ${time}${group === null ? '' : ` and ${group}`}`;

/** What is not in a chart, or is there in another form. */
export function chartNotes({ omitted, repeated, isSum }: Chart): string[] {
  return [
    omitted > 0 ? `Only the ${maxSeries} largest of ${maxSeries + omitted} lines are drawn.` : '',
    repeated > 0
      ? `${repeated.toLocaleString('en')} rows have the time of another row of the same line. ${
          isSum ? 'Their values are added up.' : 'Their values cannot be added up, and are not drawn.'
        }`
      : '',
  ].filter((note) => note !== '');
}
