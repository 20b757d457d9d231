import { describeFindings, type Finding } from './check.ts';
import { checkRecorded, type RecordedStatement } from './record.ts';
import { textOf } from './rule.ts';
import { rules } from './rules/index.ts';

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
