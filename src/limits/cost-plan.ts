import {
  BREAK,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
  visit,
} from 'graphql';
import { costOfSelected } from './operation-cost.ts';

type Variables = Readonly<Record<string, unknown>>;

/** The cost of a part of an operation: a number, or what follows from the coerced variables. */
type Cost = number | ((variables: Variables) => number);

/** What a plan can't express: directives, introspection and abstract types. */
class NotPlanned extends Error {}

/**
 * The cost of an operation as a function of its coerced variables: for each of them the same as in `checkCost`, which walks the
 * document each time. The function throws if an argument is invalid.
 *
 * @returns null if the operation has a directive, introspection, an abstract type, or an argument that is always invalid.
 */
export function planCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): ((variables: Variables) => number) | null {
  const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  const plan = new CostPlan(schema, new Map(fragments.map((node) => [node.name.value, node])));
  try {
    const cost = plan.ofSelection(operation.selectionSet, schema.getRootType(operation.operation));
    return typeof cost === 'number' ? () => cost : cost;
  } catch {
    // `checkCost` finds the same, and says why.
    return null;
  }
}

class CostPlan {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;

  constructor(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#schema = schema;
    this.#fragments = fragments;
  }

  ofSelection({ selections }: SelectionSetNode, type: GraphQLNamedType | null | undefined): Cost {
    if (!isObjectType(type)) throw new NotPlanned();
    return sum(selections.map((node) => this.#ofNode(node, type)));
  }

  #ofNode(node: SelectionNode, type: GraphQLObjectType): Cost {
    if (node.directives && node.directives.length > 0) throw new NotPlanned();
    if (node.kind === Kind.FIELD) return this.#ofField(node, type);
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(node.name.value) : node;
    if (!fragment) throw new NotPlanned();
    const { typeCondition, selectionSet } = fragment;
    return this.ofSelection(selectionSet, typeCondition ? this.#schema.getType(typeCondition.name.value) : type);
  }

  #ofField(node: FieldNode, type: GraphQLObjectType): Cost {
    const field =
      node.name.value === TypeNameMetaFieldDef.name ? TypeNameMetaFieldDef : type.getFields()[node.name.value];
    const fieldType = field && getNamedType(field.type);
    if (!field || isAbstractType(fieldType)) throw new NotPlanned();
    const children = node.selectionSet ? this.ofSelection(node.selectionSet, fieldType) : 0;
    const costWith = (variables: Variables, childComplexity: number) =>
      costOfSelected({ field, node, args: getArgumentValues(field, node, variables), childComplexity });
    if (!hasVariables(node)) {
      if (typeof children === 'number') return costWith({}, children);
      const args = getArgumentValues(field, node);
      return (variables) => costOfSelected({ field, node, args, childComplexity: children(variables) });
    }
    return (variables) => costWith(variables, typeof children === 'number' ? children : children(variables));
  }
}

/** Adds in the order of the document, as sums of fractions depend on it. */
function sum(parts: readonly Cost[]): Cost {
  if (parts.every((part) => typeof part === 'number')) return parts.reduce((total, part) => total + part, 0);
  return (variables) =>
    parts.reduce<number>((total, part) => total + (typeof part === 'number' ? part : part(variables)), 0);
}

/** Whether an argument of a field is, or contains, a variable. */
function hasVariables({ arguments: given = [] }: FieldNode): boolean {
  let isFound = false;
  const found = () => {
    isFound = true;
    return BREAK;
  };
  for (const argument of given) visit(argument, { Variable: found });
  return isFound;
}
