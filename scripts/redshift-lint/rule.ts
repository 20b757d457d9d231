import type { Node, Place, Statement } from './statement.ts';

/** A construct that PostgreSQL accepts and Redshift refuses or interprets differently. */
export interface Rule {
  /** Stable: findings and tests refer to it. */
  readonly name: string;
  /** The refused construct, as SQL. */
  readonly construct: string;
  /** What Redshift does not support, and what to write instead. */
  readonly why: string;
  /** The evidence. "guide" is the Amazon Redshift Database Developer Guide, followed by the page's name. */
  readonly source: string;
  /** Finds every occurrence of the construct. */
  readonly find: (statement: Statement) => Iterable<Place>;
  /** Statements that only this rule refuses. */
  readonly refused: readonly Example[];
  /** Near misses: statements that no rule refuses. */
  readonly accepted: readonly Example[];
}

/** An example's text; a long one is built on demand. */
export type Example = string | (() => string);

export const textOf = (example: Example): string => (typeof example === 'string' ? example : example());

/** Finds the nodes of the given kinds that satisfy `passes`. */
export function nodes(
  kinds: string | readonly string[],
  passes: (fields: Node['fields'], node: Node) => boolean = () => true,
): Rule['find'] {
  const wanted = new Set([kinds].flat());
  return (statement) => statement.nodes.filter((node) => wanted.has(node.kind) && passes(node.fields, node));
}

/** Combines finders. */
export function anyOf(...finders: readonly Rule['find'][]): Rule['find'] {
  return (statement) => finders.flatMap((find) => [...find(statement)]);
}
