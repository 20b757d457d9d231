import type { GraphQLSchema } from 'graphql';
import { maxPageSize } from '../config/limits.ts';
import { DomainError } from '../errors.ts';
import { checkCost } from '../limits/operation-cost.ts';
import type { PageDocument } from './list-query.ts';

/**
 * The largest page of a list that costs no more than an operation may. 1 if none does: then the execution explains it.
 *
 * @param variablesOf the variables of the operation for a page size.
 * @throws {DomainError} BAD_USER_INPUT if an argument is invalid.
 */
export function largestPage(
  schema: GraphQLSchema,
  document: PageDocument,
  variablesOf: (first: number) => Record<string, unknown>,
  maxCost: number,
): number {
  const fits = (first: number): boolean => {
    try {
      checkCost(schema, document, document.definitions[0], variablesOf(first), maxCost);
      return true;
    } catch (error) {
      if (error instanceof DomainError && error.extensions.code === 'COST_LIMIT') return false;
      throw error;
    }
  };
  if (fits(maxPageSize)) return maxPageSize;
  let [low, high] = [1, maxPageSize];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}
