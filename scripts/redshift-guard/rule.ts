import type { Node, Place, Statement } from './statement.ts';

/** A construct that PostgreSQL takes and Redshift refuses, or takes to mean something else. */
export interface Rule {
  /** Stable; findings and tests go by it. */
  readonly name: string;
  /** What is refused, as one would write it. */
  readonly construct: string;
  /** What Redshift does not do, and what to write instead. */
  readonly why: string;
  /** Where that is known from. "guide" is the Amazon Redshift Database Developer Guide, with the page's name. */
  readonly source: string;
  /** Every place in the statement where the construct stands. */
  readonly find: (statement: Statement) => Iterable<Place>;
  /** Statements that this rule refuses, and no other. */
  readonly refused: readonly Example[];
  /** Near misses: statements that no rule refuses. */
  readonly accepted: readonly Example[];
}

/** An example's text; one that is long is made when it is wanted. */
export type Example = string | (() => string);

export const textOf = (example: Example): string => (typeof example === 'string' ? example : example());

/** Finds the nodes of some kinds that pass a test. */
export function nodes(
  kinds: string | readonly string[],
  passes: (fields: Node['fields'], node: Node) => boolean = () => true,
): Rule['find'] {
  const wanted = new Set([kinds].flat());
  return (statement) => statement.nodes.filter((node) => wanted.has(node.kind) && passes(node.fields, node));
}

/** Finds what any of these finds. */
export function anyOf(...finders: readonly Rule['find'][]): Rule['find'] {
  return (statement) => finders.flatMap((find) => [...find(statement)]);
}
