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
import { bytesPerUnit } from './field-costs.ts';

/** The introspection fields of an operation exceed their limit. */
export class IntrospectionCostExceeded extends Error {}

/**
 * Measures the cost of introspection by walking the schema as execution would: the result depends on nothing else. An
 * estimate would be far off, as some types have thirty fields and most have five.
 *
 * A meter serves one operation and stops as soon as all its introspection fields together exceed the limit. It may count
 * too much, never too little: fields that `@skip` excludes and repeated fields that execution merges also count.
 */
export class IntrospectionMeter {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: Readonly<Record<string, unknown>>;
  #left: number;

  /**
   * @param variables coerced.
   * @param maxCost of all introspection fields together.
   */
  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: Readonly<Record<string, unknown>>,
    maxCost: number,
  ) {
    this.#schema = schema;
    this.#variables = variables;
    this.#left = maxCost;
    const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((node) => [node.name.value, node]));
  }

  /**
   * Returns the cost of `__schema` or `__type`.
   *
   * @throws {IntrospectionCostExceeded}
   */
  cost(field: GraphQLField<unknown, unknown>, node: FieldNode): number {
    const before = this.#left;
    this.#field(field, node, undefined);
    return before - this.#left;
  }

  #field(field: GraphQLField<unknown, unknown>, node: FieldNode, source: unknown): void {
    this.#spendBytes(keyLength(node));
    // Introspection resolvers are synchronous and read only the schema.
    const info = { schema: this.#schema } as unknown as GraphQLResolveInfo;
    const values = field.args.length === 0 ? {} : getArgumentValues(field, node, this.#variables);
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
        // `__typename` is not among the fields of a type.
        else this.#spendBytes(keyLength(node) + type.name.length + 2);
      } else {
        const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.#fragments.get(node.name.value);
        if (fragment) this.#selection(type, fragment.selectionSet, source);
      }
    }
  }

  #spendBytes(bytes: number): void {
    this.#spend(bytes / bytesPerUnit);
  }

  #spend(cost: number): void {
    this.#left -= cost;
    if (this.#left < 0) throw new IntrospectionCostExceeded();
  }
}

const keyLength = (node: FieldNode): number => (node.alias?.value ?? node.name.value).length;
