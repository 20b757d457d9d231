import { describeFindings, type Finding } from './check.ts';
import { checkRecorded, type RecordedStatement } from './record.ts';
import { textOf } from './rule.ts';
import { rules } from './rules/index.ts';

export interface Review {
  /** How many distinct statements each query came in, by its name, sorted. Values are bound, so each is a shape. */
  readonly shapes: ReadonlyMap<string, number>;
  /** What is wrong, for people; a fault that many statements of a query have is told once, with their number. */
  readonly faults: readonly string[];
}

/**
 * Checks a record, and that it is whole.
 *
 * @param names the queries that must be on it.
 */
export function reviewRecord(record: readonly RecordedStatement[], names: readonly string[]): Review {
  const byName = Map.groupBy(record, ({ name }) => name);
  const sorted = [...byName].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const found = record.flatMap((statement) => checkRecorded(statement).map((finding) => ({ ...statement, finding })));
  const alike = Map.groupBy(found, ({ name, finding }) => `${name} ${finding.rule}`);
  const faults = [...alike.values()].flatMap((all) => all.slice(0, 1).map((first) => describe(first, all.length)));
  for (const name of names) {
    if (!byName.has(name)) faults.push(`${name}: no test sent this query; run npm test, or write one that does`);
  }
  return { shapes: new Map(sorted.map(([name, all]) => [name, new Set(all.map(({ sql }) => sql)).size])), faults };
}

function describe({ name, finding }: { name: string; finding: Finding }, times: number): string {
  const text = describeFindings(name, [finding]);
  return times === 1 ? text : `${text}\n  ${times} times`;
}

/** All rules for people: what each refuses, why, where that is from, and an example. */
export function describeRules(): string {
  return rules
    .map(({ name, construct, why, source, refused: [example] }) => {
      const text = example === undefined ? '' : textOf(example).replaceAll(/\s+/g, ' ');
      const shown = text.length > 120 ? `${text.slice(0, 120)} …` : text;
      return `${name}: ${construct}\n  ${why}\n  [${source}]\n  e.g. ${shown}`;
    })
    .join('\n\n');
}
