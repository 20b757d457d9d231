import { textKey } from '../../domain/ids.ts';
import { parseInstant, validTimes } from '../../domain/instant.ts';
import type { RawTable } from '../raw-tables.ts';
import { isTypo, lettersOf } from './near.ts';

/** The type of the events that are conversions (`warehouse/dbt/models/staging/events`). */
const conversionType = 'goal_complete';
/** Types beyond these are not listed. */
const listedTypes = 10;
/** Distinct types that are counted; a column with more does not hold types. */
const countedTypes = 1000;

/** Words that other tools write for null. In a file an empty field is null, so these are read as ids. */
const nullWords = new Set([
  ...['null', '(null)', '\\n', 'none', 'nil', 'undefined', 'nan', '-nan', '#nan'],
  ...['na', '#na', '<na>', 'n/a', '#n/a', '#n/a n/a'],
]);
/** White space at an end, and characters that are not visible anywhere: control and format characters, no-break spaces. */
const invisible = /^\s|\s$|[\p{Cc}\p{Cf}\u00a0\u2007\u202f]/u;
/** How a spreadsheet writes a long number: its last digits are lost, so different ids may have become one. */
const rounded = /^\d(\.\d+)?E\+\d+$/i;

/** How many rows, and the line of the first. */
interface Occurrences {
  rows: number;
  readonly line: number;
}

interface Sighting extends Occurrences {
  readonly value: string;
}

/**
 * Values that are valid but probably not meant. Each kind becomes one notice per column, with the number of rows and the first
 * of them.
 */
export class ValueNotices {
  readonly #table: RawTable;
  readonly #sightings = new Map<string, Sighting>();
  readonly #types = new Map<string, Occurrences>();
  readonly #present: string;
  /** Dates between these are valid and past, whatever the offset: it moves an instant by less than a day. */
  readonly #usualDates: readonly [after: string, before: string];

  /** @param present the time of the load. */
  constructor(table: RawTable, present: string) {
    this.#table = table;
    this.#present = parseInstant(present) ?? validTimes.before;
    const lastDay = new Date(Date.parse(`${this.#present.slice(0, 10)}T00:00:00Z`) - 86_400_000);
    this.#usualDates = [validTimes.from.slice(0, 10), lastDay.toISOString().slice(0, 10)];
  }

  /** Looks at a text that is an id or a type. */
  see(column: string, value: string, line: number): void {
    if (nullWords.has(textKey(value).toLowerCase())) {
      this.#count(`"${column}" has a word that other tools write for null and was read as text`, value, line);
    } else if (invisible.test(value)) {
      this.#count(`"${column}" ${whiteSpace(value)}`, value, line);
    } else if (rounded.test(value)) {
      this.#count(
        `"${column}" has a number that a spreadsheet has rounded, so different ids may have become the same`,
        value,
        line,
      );
    }
    if (this.#table.name !== 'events' || column !== 'event_type') return;
    const type = textKey(value);
    const seen = this.#types.get(type);
    if (seen) seen.rows += 1;
    else if (this.#types.size < countedTypes || type === conversionType || isNearlyConversion(type)) {
      this.#types.set(type, { rows: 1, line });
    }
  }

  /** Looks at a time: the field, and its value with an offset. */
  seeTime(column: string, text: string, value: string, line: number): void {
    const date = value.slice(0, 10);
    if (date > this.#usualDates[0] && date < this.#usualDates[1]) return;
    const instant = parseInstant(value);
    if (instant === null) return;
    const table = this.#table.name;
    if (instant < validTimes.from || instant >= validTimes.before) {
      const [first, after] = [validTimes.from, validTimes.before].map((time) => Number(time.slice(0, 4)));
      let effect = 'the row is ignored';
      if (column === 'loaded_at') effect = 'counts as missing';
      else if (table === 'strategies') effect = 'the nearest valid time is used';
      this.#count(`"${column}" is before ${first} or after ${Number(after) - 1} (${effect})`, text, line);
    } else if (instant > this.#present) {
      if (column === 'loaded_at') this.#count(`"${column}" is in the future (does not count as new data)`, text, line);
      else if (table === 'clicks')
        this.#count(`"${column}" is in the future (attributed by a build after that time)`, text, line);
    }
  }

  /** The notices, after the last row. */
  *notices(): Generator<string> {
    const { file } = this.#table;
    for (const [what, { rows, line, value }] of this.#sightings)
      yield `${file}: ${what} ${place(rows, line)}: ${shown(value)}`;
    if (this.#types.size === 0) return;
    const types = [...this.#types].sort(([, a], [, b]) => b.rows - a.rows);
    if (!this.#types.has(conversionType)) {
      // Those that may be meant first, because the list is short.
      const meant = types.toSorted(([a], [b]) => Number(isNearlyConversion(b)) - Number(isNearlyConversion(a)));
      yield `${file}: no event is a conversion, because none has the event_type "${conversionType}". It has ${list(meant)}`;
      return;
    }
    const near = types.filter(([type]) => isNearlyConversion(type));
    if (near.length === 0) return;
    const rows = near.reduce((sum, [, each]) => sum + each.rows, 0);
    const line = Math.min(...near.map(([, each]) => each.line));
    yield `${file}: "event_type" is nearly "${conversionType}" ${place(rows, line)}, so these are not conversions: ${list(near)}`;
  }

  #count(what: string, value: string, line: number): void {
    const seen = this.#sightings.get(what);
    if (seen) seen.rows += 1;
    else this.#sightings.set(what, { rows: 1, line, value });
  }
}

/** What white space or invisible characters in a text id mean. The models ignore blanks at the end. */
function whiteSpace(value: string): string {
  const id = textKey(value);
  if (id === '') return 'has only blanks, and counts as missing,';
  if (!invisible.test(id)) return 'has blanks at the end, which do not count,';
  return 'has white space at an end, or invisible characters, which are part of the value';
}

/** `Goal_Complete`, `goal complete` or `goal_completed`. Types are case-sensitive. */
const isNearlyConversion = (type: string): boolean =>
  type !== conversionType && isTypo(lettersOf(type).toLowerCase(), lettersOf(conversionType));

const place = (rows: number, line: number): string =>
  rows === 1 ? `in line ${line}` : `in ${rows} rows, first in line ${line}`;

const list = (types: readonly (readonly [type: string, count: Occurrences])[]): string =>
  types
    .slice(0, listedTypes)
    .map(([type, { rows }]) => `${shown(type)} (${rows})`)
    .join(', ') + (types.length > listedTypes ? ', …' : '');

const shown = (value: string): string => JSON.stringify(value).replace(/[\p{Cf}\u00a0\u2007\u202f]/gu, escaped);

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
