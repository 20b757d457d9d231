import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { RequestLimits } from '../config/limits.ts';
import { costLimitError } from './cost-limit-error.ts';
import { statementsOf } from './field-costs.ts';

/** The size of a selection with its fragments expanded. Each alias counts, whether or not `@skip` excludes it. */
interface Size {
  /** Fields of the selection itself. For an operation: its top-level fields. */
  readonly fields: number;
  /** Fields of all levels. */
  readonly allFields: number;
  /** Levels of nested fields. */
  readonly depth: number;
  /** Statements that its fields run. The parents in a list share a statement, so their number makes no difference. */
  readonly statements: number;
}

export type OperationLimits = Pick<RequestLimits, 'maxRootFields' | 'maxStatements'> & {
  readonly document: Pick<RequestLimits['document'], 'maxDepth'>;
};

/**
 * Rejects an operation with too many top-level fields, levels or statements once its fragments are expanded. Aliases can repeat
 * a field any number of times, and fragments can double at each level.
 *
 * @throws {DomainError} COST_LIMIT
 */
export function checkOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  limits: OperationLimits,
): void {
  const { fields, depth, statements } = sizeOf(schema, document, operation);
  const check = (count: number, what: string, limit: number, variable: string, remedy: string) => {
    if (count <= limit) return;
    throw costLimitError(
      `This operation has ${count.toLocaleString('en')} ${what}; the limit is ${limit.toLocaleString('en')} (${variable}). ${remedy}`,
    );
  };
  const split = 'Split it, or query a list by ids: filter: {ids: […]}.';
  check(fields, 'top-level fields, including aliases', limits.maxRootFields, 'MAX_ROOT_FIELDS', split);
  check(depth, 'nested levels', limits.document.maxDepth, 'MAX_DEPTH', 'Use fewer levels of fields.');
  const fewer = 'Split it, or use fewer aliases and totalCounts.';
  check(statements, 'fields that run a statement each', limits.maxStatements, 'MAX_STATEMENTS', fewer);
}

/** Number of fields of an operation, of all levels, with its fragments expanded. */
export const countFields = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): number => sizeOf(schema, document, operation).allFields;

/** Measures each fragment once, after those that it uses: a chain of fragments can be longer than calls may nest. */
function sizeOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Size {
  const fragments = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  const sizes = new Map<string, Size>();
  const root = schema.getRootType(operation.operation);
  const measureNext = (selection: SelectionSetNode, type: GraphQLNamedType | null | undefined) =>
    measure(schema, selection, type, fragments, sizes);
  const pending: string[] = [];
  for (;;) {
    const name = pending.at(-1);
    const fragment = name === undefined ? undefined : fragments.get(name);
    const { size, unknown } = fragment
      ? measureNext(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value))
      : measureNext(operation.selectionSet, root);
    if (unknown.length > 0) pending.push(...unknown);
    else if (name === undefined) return size;
    else {
      sizes.set(name, size);
      pending.pop();
    }
  }
}

/** The size of a selection, or the names of the fragments whose size has to be known first. Validation has rejected cycles. */
function measure(
  schema: GraphQLSchema,
  root: SelectionSetNode,
  rootType: GraphQLNamedType | null | undefined,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  sizes: ReadonlyMap<string, Size>,
): { readonly size: Size; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  const stack: { selection: SelectionSetNode; type: GraphQLNamedType | null | undefined; level: number }[] = [
    { selection: root, type: rootType, level: 0 },
  ];
  let [fields, allFields, depth, statements] = [0, 0, 0, 0];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { selection, type, level } = next;
    for (const node of selection.selections) {
      if (node.kind === Kind.FIELD) {
        const field = isObjectType(type) ? type.getFields()[node.name.value] : undefined;
        if (level === 0) fields += 1;
        allFields += 1;
        depth = Math.max(depth, level + 1);
        if (field) statements += statementsOf(field);
        if (!node.selectionSet) continue;
        stack.push({ selection: node.selectionSet, type: field && getNamedType(field.type), level: level + 1 });
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        const own = node.typeCondition ? schema.getType(node.typeCondition.name.value) : type;
        stack.push({ selection: node.selectionSet, type: own, level });
      } else if (fragments.has(node.name.value)) {
        const size = sizes.get(node.name.value);
        if (!size) {
          unknown.push(node.name.value);
          continue;
        }
        if (level === 0) fields += size.fields;
        allFields += size.allFields;
        depth = Math.max(depth, level + size.depth);
        statements += size.statements;
      }
    }
  }
  return { size: { fields, allFields, depth, statements }, unknown };
}
