import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import { tooMuch } from './too-much.ts';

/**
 * Refuses an operation with too many top-level fields. Each one costs at least a resolver, most a statement of its own,
 * and aliases repeat a field at will.
 *
 * @throws {DomainError} COST_LIMIT
 */
export function checkRootFields(document: DocumentNode, operation: OperationDefinitionNode, most: number): void {
  const count = rootFields(document, operation.selectionSet, most + 1);
  if (count <= most) return;
  throw tooMuch(
    `This operation has more than ${most} top-level fields, aliases included (MAX_ROOT_FIELDS). ` +
      'Split it, or ask for lists by id: filter: {ids: […]}.',
  );
}

/** How many fields a selection has once its fragments are expanded; the count ends at `enough`. Without recursion, as fragments nest deeply. */
function rootFields(document: DocumentNode, selection: SelectionSetNode, enough: number): number {
  const fragments = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  const open = [selection];
  let count = 0;
  for (let next = open.pop(); next && count < enough; next = open.pop()) {
    for (const node of next.selections) {
      if (node.kind === Kind.FIELD) count++;
      else if (node.kind === Kind.INLINE_FRAGMENT) open.push(node.selectionSet);
      else {
        const fragment = fragments.get(node.name.value);
        if (fragment) open.push(fragment.selectionSet);
      }
    }
  }
  return count;
}
