import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** The type of a field of an answer, and its own fields by their names in the answer. */
export interface Shape {
  /** Name of the type, without `!` and lists. */
  readonly type: string;
  readonly fields: ReadonlyMap<string, Shape>;
  /** The length of a page: the field's argument `first`, or its default. Null if it has none, or a variable gives it. */
  readonly first: number | null;
  /** Whether the argument `having` leaves groups out. */
  readonly hasBounds: boolean;
}

interface GrowingShape {
  readonly type: string;
  readonly fields: Map<string, GrowingShape>;
  readonly first: number | null;
  readonly hasBounds: boolean;
}

/**
 * The types of all fields that an operation selects.
 *
 * @param operationName that of the editor, which may be out of date: the first operation if there is none of this name.
 * @returns null if the document has no operation that the schema knows.
 */
export function shapeOf(schema: GraphQLSchema, document: DocumentNode, operationName: string | null): Shape | null {
  const operations = document.definitions.filter(
    (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
  );
  const operation = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  const root = operation && schema.getRootType(operation.operation);
  if (!operation || !root) return null;
  const shape: GrowingShape = { type: root.name, fields: new Map(), first: null, hasBounds: false };
  addSelections({ schema, document, open: new Set() }, root, operation.selectionSet, shape);
  return shape;
}

interface Walk {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  /** Fragments that are being expanded: a document that is being edited can have cycles. */
  readonly open: Set<string>;
}

function addSelections(
  walk: Walk,
  type: GraphQLNamedType,
  { selections }: SelectionSetNode,
  shape: GrowingShape,
): void {
  for (const node of selections) {
    if (node.kind === Kind.FIELD) {
      const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[node.name.value] : undefined;
      if (!field) continue;
      const fieldType = getNamedType(field.type);
      const key = node.alias?.value ?? node.name.value;
      const child = shape.fields.get(key) ?? {
        type: fieldType.name,
        fields: new Map(),
        first: firstOf(node, field),
        hasBounds: node.arguments?.some(({ name }) => name.value === 'having') ?? false,
      };
      shape.fields.set(key, child);
      if (node.selectionSet && isCompositeType(fieldType)) addSelections(walk, fieldType, node.selectionSet, child);
    } else if (node.kind === Kind.INLINE_FRAGMENT) {
      addSelections(walk, typeNamed(walk.schema, node.typeCondition?.name.value) ?? type, node.selectionSet, shape);
    } else addFragment(walk, node.name.value, shape);
  }
}

function firstOf({ arguments: given }: FieldNode, { args }: GraphQLField<unknown, unknown>): number | null {
  const sent = given?.find(({ name }) => name.value === 'first')?.value;
  const first = sent
    ? sent.kind === Kind.INT && Number(sent.value)
    : args.find(({ name }) => name === 'first')?.defaultValue;
  return typeof first === 'number' ? first : null;
}

function addFragment(walk: Walk, name: string, shape: GrowingShape): void {
  const { schema, document, open } = walk;
  const fragment = document.definitions.find(
    (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name,
  );
  if (fragment?.kind !== Kind.FRAGMENT_DEFINITION || open.has(name)) return;
  const type = typeNamed(schema, fragment.typeCondition.name.value);
  if (!type) return;
  open.add(name);
  addSelections(walk, type, fragment.selectionSet, shape);
  open.delete(name);
}

const typeNamed = (schema: GraphQLSchema, name: string | undefined): GraphQLNamedType | undefined =>
  name === undefined ? undefined : schema.getType(name);
