import type { RawTable } from '../raw-tables.ts';

/** The type of the events that are conversions (`warehouse/dbt/models/staging/events`). */
const conversionType = 'goal_complete';
/** Types beyond these are not listed. */
const listedTypes = 10;
/** Distinct types that are counted; a column with more does not hold types. */
const countedTypes = 1000;

/** Words that other tools write for null. In a file an empty field is null, so these are read as ids. */
const nullWords = new Set(['null', '\\n', 'none', 'nan', 'n/a', '#n/a', '<na>', '(null)', 'nil', 'undefined']);
/** Blanks at an end, and characters that are not visible anywhere: control and format characters, no-break spaces. */
const invisible = /^\s|\s$|[\p{Cc}\p{Cf}\u00a0\u2007\u202f]/u;

interface Sighting {
  rows: number;
  readonly line: number;
  readonly value: string;
}

/**
 * Values that are valid but probably not meant. Each kind becomes one notice per column, with the number of rows and the first
 * of them.
 */
export class ValueNotices {
  readonly #table: RawTable;
  readonly #sightings = new Map<string, Sighting>();
  readonly #types = new Map<string, number>();

  constructor(table: RawTable) {
    this.#table = table;
  }

  /** Looks at a text that is an id or a type. */
  see(column: string, value: string, line: number): void {
    if (nullWords.has(value.toLowerCase())) {
      this.#count(`"${column}" has a word that other tools write for null and was read as text`, value, line);
    } else if (invisible.test(value)) {
      this.#count(
        `"${column}" has blanks at an end, or invisible characters, which are part of the value`,
        value,
        line,
      );
    }
    if (this.#table.name !== 'events' || column !== 'event_type') return;
    if (value === conversionType || this.#types.has(value) || this.#types.size < countedTypes) {
      this.#types.set(value, (this.#types.get(value) ?? 0) + 1);
    }
  }

  /** The notices, after the last row. */
  *notices(): Generator<string> {
    const { file } = this.#table;
    for (const [what, { rows, line, value }] of this.#sightings) {
      const where = rows === 1 ? `in line ${line}` : `in ${rows} rows, first in line ${line}`;
      yield `${file}: ${what} ${where}: ${JSON.stringify(value).replace(/[\p{Cf}\u00a0\u2007\u202f]/gu, escaped)}`;
    }
    if (this.#types.size === 0 || this.#types.has(conversionType)) return;
    const types = [...this.#types].sort(([, a], [, b]) => b - a);
    const listed = types.slice(0, listedTypes).map(([type, rows]) => `${JSON.stringify(type)} (${rows})`);
    const more = types.length > listedTypes ? ', …' : '';
    yield `${file}: no event is a conversion, because none has the event_type "${conversionType}". ` +
      `It has ${listed.join(', ')}${more}`;
  }

  #count(what: string, value: string, line: number): void {
    const seen = this.#sightings.get(what);
    if (seen) seen.rows += 1;
    else this.#sightings.set(what, { rows: 1, line, value });
  }
}

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
