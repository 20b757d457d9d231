import { type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** The key of a field in the answer. */
export const keyOf = ({ alias, name }: FieldNode): string => (alias ?? name).value;

/**
 * The fields of selection sets, with their fragments expanded, in the order of the answer. The schema has no abstract types, so
 * each fragment applies. Each is visited once, because fragments can double at each level.
 *
 * @param onDirective called for each selection with `@skip` or `@include`.
 */
export function fieldsOf(
  sets: readonly (SelectionSetNode | undefined)[],
  fragments: Fragments,
  onDirective: () => void = () => {},
): readonly FieldNode[] {
  const fields: FieldNode[] = [];
  const visited = new Set<string>();
  const add = (set: SelectionSetNode | undefined): void => {
    for (const node of set?.selections ?? []) {
      if (node.directives && node.directives.length > 0) onDirective();
      if (node.kind === Kind.FIELD) fields.push(node);
      else if (node.kind === Kind.INLINE_FRAGMENT) add(node.selectionSet);
      else if (!visited.has(node.name.value)) {
        visited.add(node.name.value);
        add(fragments.get(node.name.value)?.selectionSet);
      }
    }
  };
  sets.forEach(add);
  return fields;
}
