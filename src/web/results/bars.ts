import { numberText } from './chart-style.ts';
import type { Cell } from './kinds.ts';
import { type Column, nameIn, type ResultList } from './result-list.ts';
import { values } from './series.ts';
import type { Choices } from './view.ts';

/** Bars that are still compared at a glance. */
export const maxBars = 30;

export interface BarChoice {
  /** Columns by name. */
  readonly metric: string;
  /** What bars are labeled with; null: the texts of their row. */
  readonly group: string | null;
}

/** The columns that bars can use, and what they begin with. */
export interface BarOptions {
  readonly metrics: readonly Column[];
  readonly groups: readonly Column[];
  readonly choice: BarChoice;
}

export interface Bar {
  readonly label: string;
  /** Null: not known. */
  readonly value: number | null;
  /** The value with all digits of a count or an amount; of a rate, with six. */
  readonly text: string;
  /** The interval of the value; null: none. */
  readonly interval: readonly [number, number] | null;
}

export interface Bars {
  /** In the order of the list, which the operation chose. */
  readonly bars: readonly Bar[];
  /** With 0, and all values and intervals. */
  readonly range: readonly [number, number];
  /** Number of rows that are not drawn. */
  readonly omitted: number;
  /** The object whose bounds are the intervals: `metrics.clickConversionInterval`; null: none. */
  readonly intervalName: string | null;
}

/**
 * What can be drawn of a list as bars, one per row.
 *
 * @returns null if it has no numbers, or is an object and not a list.
 */
export function barOptions({ columns, isSingle, rows }: ResultList): BarOptions | null {
  const metrics = columns.filter(({ kind }) => kind === 'number');
  const metric = metrics.find(({ name }) => name.startsWith('metrics.')) ?? metrics[0];
  if (!metric || isSingle || rows.length === 0) return null;
  const groups = columns.filter(({ kind }) => kind === 'text');
  return { metrics, groups, choice: { metric: metric.name, group: null } };
}

/** What is drawn: what was chosen, as far as the list has it. */
export function barChoice({ metrics, groups, choice }: BarOptions, chosen: Choices): BarChoice {
  return {
    metric: nameIn(metrics, chosen.metric) ?? choice.metric,
    group: nameIn(groups, chosen.group) ?? choice.group,
  };
}

/** The first rows of a list as bars. */
export function barsOf(list: ResultList, { metric, group }: BarChoice): Bars {
  const labels = labelsOf(list, group);
  const intervalName = intervalNameOf(list, metric);
  const bounds = ['lower', 'upper'].map((bound) => values(list, `${intervalName}.${bound}`));
  const bars = values(list, metric)
    .slice(0, maxBars)
    .map((cell, index): Bar => {
      const [lower, upper] = bounds.map((bound) => bound[index] ?? null);
      return {
        label: labels[index] ?? '',
        value: cell === null ? null : Number(cell),
        text: valueText(cell),
        interval: lower == null || upper == null ? null : [Number(lower), Number(upper)],
      };
    });
  const drawn = bars.flatMap(({ value, interval }) => [...(value === null ? [] : [value]), ...(interval ?? [])]);
  const [least, greatest] = [Math.min(0, ...drawn), Math.max(0, ...drawn)];
  return {
    bars,
    range: [least, greatest === least ? least + 1 : greatest],
    omitted: list.rows.length - bars.length,
    intervalName,
  };
}

/** What bars show. */
export const barTitle = ({ metric, group }: BarChoice): string => (group === null ? metric : `${metric} by ${group}`);

/** What is not in the bars, and what is drawn over them. */
export function barNotes({ bars, omitted, intervalName }: Bars): string[] {
  return [
    omitted > 0
      ? `Only the first ${bars.length} of ${(bars.length + omitted).toLocaleString('en')} rows are drawn.`
      : '',
    intervalName === null ? '' : `The line over a bar is ${intervalName}, from lower to upper.`,
  ].filter((note) => note !== '');
}

/** Amounts are exact texts and counts are whole; rates are neither. */
function valueText(cell: Cell): string {
  if (cell === null) return '–';
  if (typeof cell === 'number' && !Number.isInteger(cell)) return numberText(Number(cell.toPrecision(6)));
  const digits = String(cell).replace(/\D/g, '').length;
  return digits > exactDigits ? String(cell) : numberText(Number(cell));
}

/** What every JavaScript number can hold. */
const exactDigits = 15;

/** The column that was chosen; else own texts of a row, and those around it if it has none, or if others have the same. */
function labelsOf(list: ResultList, group: string | null): string[] {
  if (group !== null) return textsOf(list, [group]);
  const texts = list.columns.filter(({ kind }) => kind === 'text');
  const own = texts.filter(({ isOuter }) => !isOuter).map(({ name }) => name);
  const labels = textsOf(list, own);
  const areDistinct = new Set(labels).size === labels.length;
  return own.length > 0 && areDistinct
    ? labels
    : textsOf(
        list,
        texts.map(({ name }) => name),
      );
}

function textsOf(list: ResultList, names: readonly string[]): string[] {
  const parts = names.map((name) => values(list, name));
  return list.rows.map((_row, index) => {
    const known = parts.flatMap((part) => (part[index] == null || part[index] === '' ? [] : [String(part[index])]));
    return known.length > 0 ? known.join(', ') : names.length > 0 ? '(none)' : `row ${index + 1}`;
  });
}

/** The interval beside a rate, as the API names it: `clickConversionInterval` of `clickConversionRate`. */
function intervalNameOf({ columns }: ResultList, metric: string): string | null {
  const name = metric.replace(/Rate$/, 'Interval');
  const has = (bound: string) => columns.some((column) => column.name === `${name}.${bound}`);
  return name !== metric && has('lower') && has('upper') ? name : null;
}
