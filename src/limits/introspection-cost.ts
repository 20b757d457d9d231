import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** How many bytes of keys and values cost as much as one object. */
export const bytesPerObject = 256;

/** The introspection fields of an operation exceed what they may cost together. */
export class TooCostly extends Error {}

/**
 * Measures what introspection costs, by walking the schema as execution would: the answer depends on nothing else. A guess by
 * the usual length of lists would be far off, as some types have thirty fields and most have five.
 *
 * One meter counts for one operation, so the walk ends as soon as all of its introspection fields together exceed the limit.
 * It never counts too little. Fields that `@skip` leaves out, and repeated fields that execution merges, count all the same.
 */
export class IntrospectionMeter {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: () => Readonly<Record<string, unknown>>;
  #left: number;

  /** @param variables gives them coerced, where they are needed. @param most what all may cost together. */
  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: () => Readonly<Record<string, unknown>>,
    most: number,
  ) {
    this.#schema = schema;
    this.#variables = variables;
    this.#left = most;
    const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((node) => [node.name.value, node]));
  }

  /**
   * What `__schema` or `__type` costs: an object 1, and each 256 bytes of keys and values 1.
   *
   * @throws {TooCostly}
   */
  cost(field: GraphQLField<unknown, unknown>, node: FieldNode): number {
    const before = this.#left;
    this.#field(field, node, undefined);
    return before - this.#left;
  }

  #field(field: GraphQLField<unknown, unknown>, node: FieldNode, source: unknown): void {
    this.#spendBytes(keyLength(node));
    // Introspection's resolvers are synchronous and look at nothing but the schema.
    const info = { schema: this.#schema } as unknown as GraphQLResolveInfo;
    const values = field.args.length === 0 ? {} : getArgumentValues(field, node, this.#variables());
    const value = field.resolve?.(source, values, undefined, info);
    const type = getNamedType(field.type);
    if (!node.selectionSet || !isObjectType(type)) {
      this.#spendBytes(JSON.stringify(value)?.length ?? 0);
      return;
    }
    this.#spend(1);
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each === null || each === undefined) continue;
      this.#spend(1);
      this.#selection(type, node.selectionSet, each);
    }
  }

  #selection(type: GraphQLObjectType, selection: SelectionSetNode, source: unknown): void {
    for (const node of selection.selections) {
      if (node.kind === Kind.FIELD) {
        const field = type.getFields()[node.name.value];
        if (field) this.#field(field, node, source);
        // `__typename` is no field of the type.
        else this.#spendBytes(keyLength(node) + type.name.length + 2);
      } else {
        const of = node.kind === Kind.INLINE_FRAGMENT ? node : this.#fragments.get(node.name.value);
        if (of) this.#selection(type, of.selectionSet, source);
      }
    }
  }

  #spendBytes(bytes: number): void {
    this.#spend(bytes / bytesPerObject);
  }

  #spend(cost: number): void {
    this.#left -= cost;
    if (this.#left < 0) throw new TooCostly();
  }
}

const keyLength = (node: FieldNode): number => (node.alias?.value ?? node.name.value).length;
