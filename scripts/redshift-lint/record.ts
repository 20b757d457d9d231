import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkStatement, describeFindings, type Finding } from './check.ts';
import { readStatement } from './statement.ts';

/** A statement that the service sent during a test run. */
export interface RecordedStatement {
  /** The query's stable name. */
  readonly name: string;
  readonly sql: string;
  /** The distinct kinds of its parameters, from `kindOf`. */
  readonly kinds: readonly string[];
}

/** Test runs write their records here; `npm run check:sql` reads them. */
export const recordFolder = join(import.meta.dirname, '../../node_modules/.cache/service-statements');

/** Deletes the records of earlier runs. */
export function emptyRecord(folder = recordFolder): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

/** Adds statements. Each call writes a separate file, since test files run in parallel. */
export function addToRecord(statements: readonly RecordedStatement[], folder = recordFolder): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(statements));
}

/** All distinct recorded statements; empty if no tests ran. */
export function readRecord(folder = recordFolder): RecordedStatement[] {
  let files: string[] = [];
  try {
    files = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const statements = files.flatMap(
    (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as RecordedStatement[],
  );
  return [...new Map(statements.map((statement) => [JSON.stringify(statement), statement])).values()];
}

/** A parameter's kind: `string`, `number`, `boolean`, `bigint`, `null`, or the name of its class. */
export function kindOf(parameter: unknown): string {
  if (parameter === null || parameter === undefined) return 'null';
  return typeof parameter === 'object' ? parameter.constructor.name : typeof parameter;
}

const plainKinds = new Set(['string', 'number', 'boolean', 'bigint', 'null']);

/** Checks a statement of the service: all rules, plus parameters that are not plain values, plus writes. */
export function checkRecorded({ sql, kinds }: RecordedStatement): Finding[] {
  const findings = checkStatement(sql);
  for (const kind of kinds.filter((each) => !plainKinds.has(each))) {
    findings.push({
      rule: 'parameter-kind',
      construct: `a parameter of kind ${kind}`,
      why: 'The driver would convert it to an array, JSON, bytea or local time. Bind strings, numbers and booleans.',
      source: 'node-postgres#1186; node-postgres, lib/utils.js',
      at: sql.slice(0, 60),
    });
  }
  const whole = readStatement(sql).nodes.filter(({ parent }) => parent === null);
  if (whole.some(({ kind, fields }) => kind !== 'SelectStmt' || fields.intoClause !== undefined) || whole.length > 1) {
    findings.push({
      rule: 'service-writes',
      construct: 'anything but one SELECT',
      why: 'The service only reads, and its user has no other rights. Only dbt and Liquibase write.',
      source: 'README.md',
      at: sql.slice(0, 60),
    });
  }
  return findings;
}

export interface Review {
  /** The number of distinct statements per query name, sorted by name. Values are bound, so each statement is a shape. */
  readonly shapes: ReadonlyMap<string, number>;
  /** Faults for display. A fault shared by several statements of one query appears once, with their number. */
  readonly faults: readonly string[];
}

/**
 * Checks all recorded statements, and that the record is complete.
 *
 * @param names the queries that the record must contain.
 */
export function reviewRecord(record: readonly RecordedStatement[], names: readonly string[]): Review {
  const byName = Map.groupBy(record, ({ name }) => name);
  const sorted = [...byName].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const found = record.flatMap((statement) => checkRecorded(statement).map((finding) => ({ ...statement, finding })));
  const alike = Map.groupBy(found, ({ name, finding }) => `${name} ${finding.rule}`);
  const faults = [...alike.values()].flatMap((all) => all.slice(0, 1).map((first) => describe(first, all.length)));
  for (const name of names) {
    if (!byName.has(name)) faults.push(`${name}: no test sent this query. Run npm test, or add a test that sends it.`);
  }
  return { shapes: new Map(sorted.map(([name, all]) => [name, new Set(all.map(({ sql }) => sql)).size])), faults };
}

function describe({ name, finding }: { name: string; finding: Finding }, times: number): string {
  const text = describeFindings(name, [finding]);
  return times === 1 ? text : `${text}\n  ${times} times`;
}
