import { LocalError } from '../../local/errors.ts';
import { checkStatement, describeFindings } from '../redshift-lint/check.ts';

/** A statement that dbt would have sent to Redshift. */
export interface SentStatement {
  readonly sql: string;
  /** dbt's id of the model or test that it belongs to, or null. */
  readonly node: string | null;
}

const nodeOf = ({ node }: SentStatement) => node;

/** dbt precedes each statement with a comment that names its node. */
export const withoutComment = (sql: string) => sql.replace(/\/\*.*?\*\//s, '').trim();

interface Node {
  readonly resource_type: string;
  readonly config: { readonly materialized: string };
  readonly tags: readonly string[];
  /** The text of a hook of the run. */
  readonly raw_code?: string;
}

/** What the hooks of the run send. */
const hooks: Readonly<Record<string, RegExp>> = {
  take_lease: /^update \S+run_lease\s+set\s+taken_at/,
  drop_old_tables: /^select distinct tables_build_number/,
  end_lease: /run_lease set expires_at = null/,
};

/**
 * Checks that every model and data test of dbt's manifest sent what it must, so that a part of the project can't be left
 * out of the later checks.
 *
 * @throws {LocalError} with those that did not
 */
export function requireComplete(
  { nodes }: { readonly nodes: Readonly<Record<string, Node>> },
  sent: Readonly<Record<'first' | 'again' | 'tests', readonly SentStatement[]>>,
  report: (line: string) => void,
): void {
  const byNode = Object.fromEntries(
    Object.entries(sent).map(([name, statements]) => [name, Map.groupBy(statements, nodeOf)]),
  ) as Readonly<Record<keyof typeof sent, Map<string | null, SentStatement[]>>>;
  const faults: string[] = [];
  let needed = 0;
  const need = (run: keyof typeof sent, id: string, pattern: RegExp, sender: string | null = id) => {
    needed += 1;
    const statements = byNode[run].get(sender) ?? [];
    if (!statements.some(({ sql }) => pattern.test(withoutComment(sql)))) faults.push(`${id}: no ${pattern} (${run})`);
  };
  for (const [id, { resource_type: type, config, tags, raw_code: code = '' }] of Object.entries(nodes)) {
    if (type === 'test') {
      const runs = tags.includes('expensive') ? (['tests'] as const) : (['first', 'again'] as const);
      for (const run of runs) need(run, id, /count\(\*\) as failures/);
    } else if (type === 'operation') {
      // dbt does not name the hooks of the run in their statements.
      const [, macro = ''] = /^\{\{ (\w+)\(/.exec(code) ?? [];
      const pattern = hooks[macro];
      if (pattern === undefined) faults.push(`${id}: there is no rule for what ${code} sends`);
      else for (const run of ['first', 'again'] as const) need(run, id, pattern, null);
    } else if (type === 'model' && config.materialized === 'view') {
      for (const run of ['first', 'again'] as const) need(run, id, /^create view\s/);
    } else if (type === 'model') {
      need('first', id, /^create\s+table\s/);
      need('again', id, config.materialized === 'incremental' ? /^insert into\s/ : /^create\s+table\s/);
    } else {
      faults.push(`${id}: there is no rule for what a ${type} sends`);
    }
  }
  if (faults.length > 0) throw new LocalError(`Statements are missing:\n${faults.join('\n')}`);
  // With a rule for each node, only an empty manifest requires nothing.
  if (needed === 0) throw new LocalError('The manifest has no models and tests.');
  report(`  ${needed} statements that the manifest requires were sent`);
}

/** Clauses that only Redshift has. PostgreSQL's parser, and so the linter, can't parse them; sqlglot has. */
const redshiftClauses =
  /\b(diststyle (all|even|key)|distkey \(\w+\)|(compound|interleaved) sortkey\s*\([\w, ]+\)|with no schema binding)/g;

/** The statements that dbt-redshift writes by itself, about its catalog. */
const isCatalog = (sql: string) =>
  /^alter table|^with bound_views as|^select pg_backend_pid\(\)|^(begin|commit);?$/i.test(sql);

/**
 * Lints the statements of the project's models and tests with scripts/redshift-lint.
 *
 * @throws {LocalError} with the findings
 */
export function lintStatements(statements: readonly SentStatement[], report: (line: string) => void): void {
  const isOwn = (each: SentStatement) => nodeOf(each) !== null || /run_lease|attribution_builds/.test(each.sql);
  const linted = statements.filter((each) => isOwn(each) && !isCatalog(withoutComment(each.sql)));
  const faults = linted.flatMap((each) => {
    const findings = checkStatement(withoutComment(each.sql).replaceAll(redshiftClauses, ''));
    return findings.length === 0 ? [] : [describeFindings(nodeOf(each) ?? 'a hook of the run', findings)];
  });
  if (faults.length > 0) throw new LocalError(faults.join('\n'));
  const nodes = new Set(linted.map(nodeOf)).size;
  report(`  ${linted.length} statements of ${nodes} models and tests linted for Redshift`);
}
