import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkStatement, type Finding } from './check.ts';
import { readStatement } from './statement.ts';

/** One statement that the service sent while tests ran. */
export interface RecordedStatement {
  /** The query's stable name. */
  readonly name: string;
  readonly sql: string;
  /** What its parameters were, by `kindOf`, each kind once. */
  readonly kinds: readonly string[];
}

/** Where test runs leave what they recorded, and `npm run check:sql` looks. */
export const recordFolder = join(import.meta.dirname, '../../node_modules/.cache/service-statements');

/** Forgets what earlier runs recorded. */
export function emptyRecord(folder = recordFolder): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

/** Adds statements; test files run side by side, so each call writes a file of its own. */
export function addToRecord(statements: readonly RecordedStatement[], folder = recordFolder): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(statements));
}

/** All statements on record, each once; none where no tests ran. */
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

/** What is wrong with a statement of the service: what any rule finds, a parameter that is no plain value, a write. */
export function checkRecorded({ sql, kinds }: RecordedStatement): Finding[] {
  const findings = checkStatement(sql);
  for (const kind of kinds.filter((each) => !plainKinds.has(each))) {
    findings.push({
      rule: 'parameter-kind',
      construct: `a parameter that is ${kind}`,
      why: 'The driver would make an array, JSON, bytea or local time of it. Bind texts, numbers and booleans.',
      source: 'node-postgres#1186; node-postgres, lib/utils.js',
      at: sql.slice(0, 60),
    });
  }
  const whole = readStatement(sql).nodes.filter(({ parent }) => parent === null);
  if (whole.some(({ kind, fields }) => kind !== 'SelectStmt' || fields.intoClause !== undefined) || whole.length > 1) {
    findings.push({
      rule: 'service-writes',
      construct: 'anything but one SELECT',
      why: "The service only reads, and its user may do nothing else. Writing is dbt's and Liquibase's.",
      source: 'README.md',
      at: sql.slice(0, 60),
    });
  }
  return findings;
}
