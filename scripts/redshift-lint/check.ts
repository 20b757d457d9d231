import { textOf } from './rule.ts';
import { rules } from './rules/index.ts';
import { readStatement, textAt } from './statement.ts';

/** One violation of a rule. */
export interface Finding {
  /** The rule's name. */
  readonly rule: string;
  readonly construct: string;
  /** What Redshift does not support, and what to write instead. */
  readonly why: string;
  readonly source: string;
  /** The statement's text from that position on, shortened. */
  readonly at: string;
}

/** Finds constructs that Redshift refuses or interprets differently from PostgreSQL. Empty if there are none. */
export function checkStatement(sql: string): Finding[] {
  const statement = readStatement(sql);
  return rules.flatMap(({ name, construct, why, source, find }) =>
    [...find(statement)].map((place) => ({ rule: name, construct, why, source, at: textAt(statement, place) })),
  );
}

/** Formats findings for display. `where` names the statement: a query's name or a file. */
export function describeFindings(where: string, findings: readonly Finding[]): string {
  return findings
    .map(
      ({ rule, construct, why, source, at }) => `${where}: ${construct} (${rule})\n  at: ${at}\n  ${why} [${source}]`,
    )
    .join('\n');
}

/** Lists all rules: what each refuses, why, its source, and an example. */
export function describeRules(): string {
  return rules
    .map(({ name, construct, why, source, refused: [example] }) => {
      const text = example === undefined ? '' : textOf(example).replaceAll(/\s+/g, ' ');
      const shown = text.length > 120 ? `${text.slice(0, 120)} …` : text;
      return `${name}: ${construct}\n  ${why}\n  [${source}]\n  e.g. ${shown}`;
    })
    .join('\n\n');
}
