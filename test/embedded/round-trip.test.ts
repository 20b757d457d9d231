import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Findings } from '../../src/embedded/csv/csv-faults.ts';
import { readCsv } from '../../src/embedded/csv/read.ts';
import { isText, type RawColumn, rawTableStatements, rawTables } from '../../src/embedded/raw-tables.ts';
import { WorkerClient } from '../../src/embedded/worker-client.ts';
import { temporaryFolder } from './support.ts';

const root = temporaryFolder();
const worker = new WorkerClient('warehouse', () => undefined);

beforeAll(async () => {
  await worker.open(join(root, 'postgres'), null);
  await worker.query(rawTableStatements().join(';'));
});

afterAll(async () => {
  await worker.close();
  rmSync(root, { recursive: true, force: true });
});

/** Microseconds since 1970, of the years 1 to 9999. */
const instant = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });
const bigint = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const numeric = fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n });
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).map((value) => value.replaceAll('\0', '!'));

/** The text in the file, and the value that the database must return. */
interface Field {
  readonly written: string;
  readonly stored: string | null;
}

function fieldOf(column: RawColumn): fc.Arbitrary<Field> {
  const value = {
    bigint: bigint.map((number) => ({ written: String(number), stored: String(number) })),
    'varchar(256)': text.map((each) => ({ written: each, stored: each })),
    'varchar(1024)': text.map((each) => ({ written: each, stored: each })),
    'numeric(18,4)': numeric.map(decimal).map((each) => ({ written: each, stored: each })),
    timestamptz: fc
      .tuple(instant, fc.constantFrom('T', ' '), fc.constantFrom('Z', '+00', '+00:00'))
      .map(([at, between, offset]) => ({ written: `${isoOf(at).replace('T', between)}${offset}`, stored: String(at) })),
  }[column.type];
  // An empty loaded_at becomes the instant of the load; that has its own test.
  if (!column.nullable || column.name === 'loaded_at') return value;
  return fc.oneof(
    { weight: 4, arbitrary: value },
    { weight: 1, arbitrary: fc.constant({ written: '', stored: null }) },
  );
}

function decimal(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(5, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

function isoOf(microseconds: bigint): string {
  const within = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((microseconds - within) / 1000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(within).padStart(6, '0')}`;
}

function csv(rows: readonly (readonly string[])[], quoteAll: boolean, newline: string, bom: boolean): string {
  const quote = (field: string) =>
    quoteAll || /[",\r\n\ufeff]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  return `${bom ? '\ufeff' : ''}${rows.map((row) => row.map(quote).join(',')).join(newline)}${newline}`;
}

/** Exact, and independent of the loader's code. */
function storedAs(column: RawColumn): string {
  const name = `"${column.name}"`;
  if (column.type === 'timestamptz') return `(extract(epoch from ${name}) * 1000000)::bigint::text`;
  return isText(column.type) ? `encode(convert_to(${name}, 'UTF8'), 'base64')` : `${name}::text`;
}

test.each(rawTables.filter(({ primaryKey }) => primaryKey === null))(
  'rows of $name come back as written',
  async (table) => {
    const row = fc.tuple(...table.columns.map(fieldOf));
    const shape = fc.record({
      rows: fc.array(row, { minLength: 1, maxLength: 20 }),
      quoteAll: fc.boolean(),
      newline: fc.constantFrom('\n', '\r\n', '\r'),
      bom: fc.boolean(),
      chunk: fc.integer({ min: 1, max: 300 }),
    });
    const target = `${table.schema}.${table.name}`;
    const names = table.columns.map((column) => `"${column.name}"`).join(', ');
    await fc.assert(
      fc.asyncProperty(shape, async ({ rows, quoteAll, newline, bom, chunk }) => {
        const header = table.columns.map((column) => column.name);
        const bytes = Buffer.from(
          csv([header, ...rows.map((each) => each.map((field) => field.written))], quoteAll, newline, bom),
        );
        const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, at) =>
          bytes.subarray(at * chunk, (at + 1) * chunk),
        );
        const findings = new Findings();
        await worker.query(`truncate ${target}`);
        const source = { problem: () => null, open: () => chunks };
        for await (const batch of readCsv(table, source, findings, '2026-07-01T00:00:00Z')) {
          expect(await worker.copy(`${target} (${names})`, new TextEncoder().encode(batch.text))).toBe(batch.rows);
        }
        expect(findings.faults).toEqual([]);
        const stored = await worker.query(
          `select ${table.columns.map((each) => `${storedAs(each)} as "${each.name}"`).join(', ')} from ${target}`,
        );
        const read = stored.rows.map((each) =>
          table.columns.map((column) => textIn(column, each[column.name] ?? null)),
        );
        expect(read).toEqual(rows.map((each) => each.map((field) => field.stored)));
      }),
      { numRuns: 60 },
    );
  },
);

function textIn(column: RawColumn, value: string | null): string | null {
  return isText(column.type) && value !== null ? Buffer.from(value, 'base64').toString() : value;
}
