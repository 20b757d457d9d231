import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql';
import { type ComplexityEstimatorArgs, getComplexity } from 'graphql-query-complexity';
import { DomainError } from './errors.ts';

/** How many objects an answer may hold at most, if every page were full. */
const budget = 100_000;

/** What a value counts beside an object: little, but thousands of aliases of one are refused. */
const valueCost = 0.05;

/** Above what a page may have: `first` beyond it is refused by itself, with a better message. */
const largestPage = 1000;

/** What lists without pages usually hold. */
const usualLengths: Readonly<Record<string, number>> = { daily: 30, byGoal: 10, dataQuality: 15, subjects: 10 };

/** What reads all of the warehouse, the ledger or AdSuite, however little of it is shown. */
const wholeReads: ReadonlySet<string> = new Set(['planMetricsPush', 'pushMetrics', 'pushDrift']);

/** So that one operation can do so a few times at most. */
const wholeReadCost = 10_000;

/**
 * Refuses an operation that could answer with more objects than a server bears: lists in lists multiply, so that a
 * few hundred characters can ask for millions. Variables count with their values.
 *
 * @throws {DomainError} COST_LIMIT, with the number.
 */
export function checkCost(
  schema: GraphQLSchema,
  query: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): void {
  let cost: number;
  try {
    cost = getComplexity({
      schema,
      query,
      variables,
      estimators: [estimate],
      ...(operation.name ? { operationName: operation.name.value } : {}),
    });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // Variables that don't fit are told better by the execution, which then refuses the operation as a whole.
    if (getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors) return;
    // Anything else fails one field only: the rest would be answered without having been counted.
    throw new DomainError('BAD_USER_INPUT', error.message, 400);
  }
  if (cost <= budget) return;
  throw new DomainError(
    'COST_LIMIT',
    `This operation could answer with ${Math.ceil(cost).toLocaleString('en')} objects; ${budget.toLocaleString('en')} are allowed. ` +
      'Ask for smaller pages (first), or for fewer lists inside lists.',
    400,
  );
}

function estimate(args: ComplexityEstimatorArgs): number {
  return objectsOf(args) + (wholeReads.has(args.field.name) ? wholeReadCost : 0);
}

function objectsOf({ field, node, args, childComplexity }: ComplexityEstimatorArgs): number {
  if (!node.selectionSet) return valueCost;
  // The rows of a page are counted where they are written: an alias of `nodes` writes them again.
  if (field.name === 'nodes' || field.name === 'edges') return 1 + childComplexity;
  if (field.name === 'node') return childComplexity;
  const pageArgument = field.args.find((argument) => argument.name === 'first');
  if (pageArgument) {
    const first = typeof args.first === 'number' ? args.first : Number(pageArgument.defaultValue);
    return 1 + Math.min(Math.max(first, 1), largestPage) * childComplexity;
  }
  return (usualLengths[field.name] ?? 1) * (1 + childComplexity);
}
