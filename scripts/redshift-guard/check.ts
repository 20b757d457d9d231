import { rules } from './rules/index.ts';
import { readStatement, textAt } from './statement.ts';

/** One fault of a statement. */
export interface Finding {
  /** The rule's name. */
  readonly rule: string;
  readonly construct: string;
  /** What Redshift does not do, and what to write instead. */
  readonly why: string;
  readonly source: string;
  /** The statement's text from there on, shortened. */
  readonly at: string;
}

/** What in a statement Redshift would refuse, or take to mean something else than PostgreSQL does; empty where nothing is. */
export function checkStatement(sql: string): Finding[] {
  const statement = readStatement(sql);
  return rules.flatMap(({ name, construct, why, source, find }) =>
    [...find(statement)].map((place) => ({ rule: name, construct, why, source, at: textAt(statement, place) })),
  );
}

/** The findings for people. `where` names the statement: a query's name, a file. */
export function describeFindings(where: string, findings: readonly Finding[]): string {
  return findings
    .map(
      ({ rule, construct, why, source, at }) => `${where}: ${construct} (${rule})\n  at: ${at}\n  ${why} [${source}]`,
    )
    .join('\n');
}
