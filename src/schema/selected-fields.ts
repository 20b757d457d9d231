import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLResolveInfo,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** The parts of a connection with its rows. */
const waysToNodes = [['nodes'], ['edges', 'node']];

/** By the operation and the place of the connection in it. */
const known = new WeakMap<OperationDefinitionNode, Map<string, ReadonlySet<string>>>();

/**
 * The names of the fields that an operation selects of the rows of a connection, on any condition. Found by the path and not by the
 * field's nodes: compiled operations confuse the nodes of paths whose names, joined by `_`, are equal.
 */
export function selectedOfNodes({ operation, fragments, path }: GraphQLResolveInfo): ReadonlySet<string> {
  const keys: string[] = [];
  for (let part: GraphQLResolveInfo['path'] | undefined = path; part; part = part.prev)
    if (typeof part.key === 'string') keys.push(part.key);
  const place = keys.join('/');
  const ofOperation = known.get(operation) ?? new Map<string, ReadonlySet<string>>();
  known.set(operation, ofOperation);
  const found = ofOperation.get(place);
  if (found) return found;
  let sets: readonly SelectionSetNode[] = [operation.selectionSet];
  for (const key of keys.reverse()) sets = below(sets, fragments, ({ alias, name }) => (alias ?? name).value === key);
  const names = new Set<string>();
  for (const way of waysToNodes) {
    let ofNodes = sets;
    for (const step of way) ofNodes = below(ofNodes, fragments, ({ name }) => name.value === step);
    for (const { name } of ofNodes.flatMap((set) => fieldsOf(set, fragments))) names.add(name.value);
  }
  ofOperation.set(place, names);
  return names;
}

type Fragments = Readonly<Record<string, FragmentDefinitionNode>>;

/** The fields of a selection set and of its fragments, whatever their types and conditions. */
function fieldsOf({ selections }: SelectionSetNode, fragments: Fragments): readonly FieldNode[] {
  return selections.flatMap((each) => {
    if (each.kind === Kind.FIELD) return each;
    const set = each.kind === Kind.INLINE_FRAGMENT ? each : fragments[each.name.value];
    return set ? fieldsOf(set.selectionSet, fragments) : [];
  });
}

/** The selection sets of those of the fields that match. */
function below(sets: readonly SelectionSetNode[], fragments: Fragments, matches: (field: FieldNode) => boolean) {
  return sets.flatMap((set) => fieldsOf(set, fragments).filter(matches)).flatMap((field) => field.selectionSet ?? []);
}
