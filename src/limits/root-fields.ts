import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import { costLimitError } from './cost-limit-error.ts';

/**
 * Rejects an operation with too many top-level fields. Each field runs at least a resolver, most run a statement, and
 * aliases can repeat a field any number of times.
 *
 * @throws {DomainError} COST_LIMIT
 */
export function checkRootFields(document: DocumentNode, operation: OperationDefinitionNode, maxFields: number): void {
  if (countFields(document, operation.selectionSet, maxFields + 1) <= maxFields) return;
  throw costLimitError(
    `This operation has more than ${maxFields} top-level fields, including aliases (MAX_ROOT_FIELDS). ` +
      'Split it, or query a list by ids: filter: {ids: […]}.',
  );
}

/**
 * Counts the fields of a selection with its fragments expanded, and stops at `limit`: fragments can double at each level.
 * Iterative, as fragments can nest deeply.
 */
function countFields(document: DocumentNode, selection: SelectionSetNode, limit: number): number {
  const fragments = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  const stack = [selection];
  let count = 0;
  for (let next = stack.pop(); next && count < limit; next = stack.pop()) {
    for (const node of next.selections) {
      if (node.kind === Kind.FIELD) count++;
      else if (node.kind === Kind.INLINE_FRAGMENT) stack.push(node.selectionSet);
      else {
        const fragment = fragments.get(node.name.value);
        if (fragment) stack.push(fragment.selectionSet);
      }
    }
  }
  return count;
}
