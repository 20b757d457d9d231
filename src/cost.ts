import { type DocumentNode, GraphQLError, type GraphQLSchema } from 'graphql';
import { type ComplexityEstimatorArgs, getComplexity } from 'graphql-query-complexity';
import { DomainError } from './errors.ts';

/** How many objects an answer may hold at most, if every page were full. */
const budget = 100_000;

/** Above what a page may have: `first` beyond it is refused by itself, with a better message. */
const largestPage = 1000;

/** What lists without pages usually hold. */
const usualLengths: Readonly<Record<string, number>> = { daily: 30, byGoal: 10 };

/**
 * Refuses an operation that could answer with more objects than a server bears: lists in lists multiply, so that a
 * few hundred characters can ask for millions. Variables count with their values.
 *
 * @throws {DomainError} COST_LIMIT, with the number.
 */
export function checkCost(
  schema: GraphQLSchema,
  query: DocumentNode,
  operationName: string | undefined,
  variables: Record<string, unknown>,
): void {
  let cost: number;
  try {
    cost = getComplexity({
      schema,
      query,
      variables,
      estimators: [estimate],
      ...(operationName === undefined ? {} : { operationName }),
    });
  } catch (error) {
    // Variables that don't fit are told better by the execution, which comes next.
    if (error instanceof GraphQLError) return;
    throw error;
  }
  if (cost <= budget) return;
  throw new DomainError(
    'COST_LIMIT',
    `This operation could answer with ${cost.toLocaleString('en')} objects; ${budget.toLocaleString('en')} are allowed. ` +
      'Ask for smaller pages (first), or for fewer lists inside lists.',
    400,
  );
}

function estimate({ field, node, args, childComplexity }: ComplexityEstimatorArgs): number {
  const isPaged = field.args.some((argument) => argument.name === 'first');
  if (isPaged) {
    const byDefault = Number(field.args.find((argument) => argument.name === 'first')?.defaultValue);
    const first = typeof args.first === 'number' ? args.first : byDefault;
    return Math.min(Math.max(first, 1), largestPage) * (1 + childComplexity);
  }
  const length = usualLengths[field.name];
  if (length !== undefined) return length * (1 + childComplexity);
  // A value is not an object, and what wraps a page's rows is not a row.
  return !node.selectionSet || wrappers.has(field.name) ? childComplexity : 1 + childComplexity;
}

const wrappers = new Set(['nodes', 'edges', 'node', 'pageInfo']);
