import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';

/** The type of a field of an answer, and its own fields by their names in the answer. */
export interface Shape {
  /** Name of the type, without `!` and lists; null without a schema. */
  readonly type: string | null;
  /** Name of the field, which an alias hides; empty for the operation. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, Shape>;
  /** The length of a page: the field's argument `first`. Null if it has none, or a default that only the schema has. */
  readonly first: number | null;
  /** Whether the argument `after` leaves out the rows before a cursor. */
  readonly isAfterCursor: boolean;
  /** Whether the argument `having` leaves groups out. */
  readonly hasBounds: boolean;
  /** Whether the argument `states` leaves rows of a run out. */
  readonly hasStates: boolean;
  /** The field's argument `timeZone`: that of its days. Null if it has none. */
  readonly timeZone: string | null;
}

interface GrowingShape extends Shape {
  readonly fields: Map<string, GrowingShape>;
}

type Variables = Readonly<Record<string, unknown>>;

/** The default of all arguments `timeZone` of the API. */
const defaultTimeZone = 'UTC';

/**
 * The types and arguments of all fields that an operation selects.
 *
 * @param schema null: only what the operation says is known.
 * @param operationName that of the editor, which may be out of date: the first operation if there is none of this name.
 * @param sent values of its variables.
 * @returns null if the document has no operation.
 */
export function shapeOf(
  schema: GraphQLSchema | null,
  document: DocumentNode,
  operationName: string | null,
  sent: Variables,
): Shape | null {
  const operations = document.definitions.filter(
    (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
  );
  const operation = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  if (!operation) return null;
  const root = schema?.getRootType(operation.operation) ?? undefined;
  const shape: GrowingShape = {
    type: root?.name ?? null,
    name: '',
    fields: new Map(),
    first: null,
    isAfterCursor: false,
    hasBounds: false,
    hasStates: false,
    timeZone: root ? null : defaultTimeZone,
  };
  const variables = { ...defaultsOf(operation), ...sent };
  addSelections({ schema, document, variables, open: new Set() }, root, operation.selectionSet, shape);
  return shape;
}

/** The variables of an operation that have a default. */
const defaultsOf = ({ variableDefinitions = [] }: OperationDefinitionNode): Variables =>
  Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
    ),
  );

interface Walk {
  readonly schema: GraphQLSchema | null;
  readonly document: DocumentNode;
  readonly variables: Variables;
  /** Fragments that are being expanded: a document that is being edited can have cycles. */
  readonly open: Set<string>;
}

/** @param type undefined: unknown, and with it those of the fields. */
function addSelections(
  walk: Walk,
  type: GraphQLNamedType | undefined,
  { selections }: SelectionSetNode,
  shape: GrowingShape,
): void {
  for (const node of selections) {
    if (node.kind === Kind.FIELD) {
      const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[node.name.value] : undefined;
      const fieldType = field && getNamedType(field.type);
      const key = node.alias?.value ?? node.name.value;
      const child = shape.fields.get(key) ?? {
        type: fieldType?.name ?? null,
        name: node.name.value,
        fields: new Map(),
        ...argumentsOf(node, field, walk.variables),
      };
      shape.fields.set(key, child);
      if (node.selectionSet) addSelections(walk, fieldType, node.selectionSet, child);
    } else if (node.kind === Kind.INLINE_FRAGMENT) {
      addSelections(walk, typeNamed(walk.schema, node.typeCondition?.name.value) ?? type, node.selectionSet, shape);
    } else addFragment(walk, node.name.value, shape);
  }
}

/** What the views need to know of the arguments of a field. Those that are not sent have the schema's default, if that is known. */
function argumentsOf(
  { arguments: sent = [] }: FieldNode,
  field: GraphQLField<unknown, unknown> | undefined,
  variables: Variables,
): Omit<Shape, 'type' | 'name' | 'fields'> {
  const argument = (name: string): unknown => {
    const node = sent.find((each) => each.name.value === name)?.value;
    // Null means the default, too.
    return (
      (node && valueFromASTUntyped(node, variables)) ?? field?.args.find((each) => each.name === name)?.defaultValue
    );
  };
  const [first, timeZone] = [argument('first'), argument('timeZone')];
  return {
    first: typeof first === 'number' ? first : null,
    isAfterCursor: typeof argument('after') === 'string',
    hasBounds: sent.some(({ name }) => name.value === 'having'),
    hasStates: (argument('states') ?? null) !== null,
    timeZone: typeof timeZone === 'string' ? timeZone : null,
  };
}

function addFragment(walk: Walk, name: string, shape: GrowingShape): void {
  const { schema, document, open } = walk;
  const fragment = document.definitions.find(
    (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name,
  );
  if (fragment?.kind !== Kind.FRAGMENT_DEFINITION || open.has(name)) return;
  const type = typeNamed(schema, fragment.typeCondition.name.value);
  open.add(name);
  addSelections(walk, type, fragment.selectionSet, shape);
  open.delete(name);
}

const typeNamed = (schema: GraphQLSchema | null, name: string | undefined): GraphQLNamedType | undefined =>
  name === undefined ? undefined : schema?.getType(name);
