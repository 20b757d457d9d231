import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  isIntrospectionType,
  type OperationDefinitionNode,
} from 'graphql';
import { type ComplexityEstimatorArgs, getComplexity } from 'graphql-query-complexity';
import { maxPageSize } from '../config/limits.ts';
import { DomainError, isStackOverflow, nestedTooDeeply } from '../errors.ts';
import { costLimitError } from './cost-limit-error.ts';
import { bytesPerUnit, costOfField, fullReadCost } from './field-costs.ts';
import { IntrospectionCostExceeded, IntrospectionMeter } from './introspection-cost.ts';

/** Estimated bytes of a value without its key: an instant has 29, a click or event id up to 38, a number or amount 10. */
const typicalValueBytes = 24;

/**
 * Cost of an aliased value besides its bytes. Only aliases can make a row wider than its type, and each field takes
 * time to execute, however short its value.
 */
const aliasedValueCost = 0.5;

/** Number of values in a list argument that cost 1: the list is processed again for each parent. */
const listValuesPerUnit = 16;

/** Share of the limit for introspection. The introspection query of common tools costs about 3,600. */
const introspectionShare = 1 / 5;

/**
 * Rejects an operation whose response could be too large. Nested lists multiply, so a few hundred characters can request
 * millions of objects. Each object costs 1, as do 256 bytes of keys and values. Every page counts as full. Introspection
 * costs at least the size of its result.
 *
 * @throws {DomainError} COST_LIMIT with the cost; BAD_USER_INPUT if an argument is invalid.
 */
export function checkCost(
  schema: GraphQLSchema,
  query: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
  maxCost: number,
): void {
  // The library below would collect an error for each invalid value of a list, which takes half a minute for a megabyte of them.
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors: 1 });
  // Execution rejects the whole operation, and says why.
  if (!coerced) return;
  const meter = new IntrospectionMeter(schema, query, coerced, maxCost * introspectionShare);
  let cost: number;
  try {
    cost = getComplexity({
      schema,
      query,
      variables,
      estimators: [(field) => estimate(field, meter)],
      ...(operation.name ? { operationName: operation.name.value } : {}),
    });
  } catch (error) {
    if (error instanceof IntrospectionCostExceeded) throw introspectionTooCostly(maxCost * introspectionShare);
    if (isStackOverflow(error)) throw costLimitError(nestedTooDeeply);
    if (!(error instanceof GraphQLError)) throw error;
    // Execution would fail only this field, and run the rest of the operation uncounted.
    throw new DomainError('BAD_USER_INPUT', error.message, 400);
  }
  if (cost <= maxCost) return;
  throw costLimitError(
    `This operation could cost ${formatCost(cost)}; the limit is ${formatCost(maxCost)} (MAX_COST). ${costRule} ` +
      'Request smaller pages (first) or fewer nested lists.',
  );
}

const costRule = `Each object in the response costs 1, as do ${bytesPerUnit} bytes of keys and values.`;

const formatCost = (cost: number): string => Math.ceil(cost).toLocaleString('en');

const introspectionTooCostly = (limit: number): DomainError =>
  costLimitError(
    `The introspection in this operation (__schema, __type) costs more than ${formatCost(limit)}, a fifth of MAX_COST. ${costRule} ` +
      'Request fewer types or fields.',
  );

function estimate(args: ComplexityEstimatorArgs, meter: IntrospectionMeter): number {
  const { field, node, type } = args;
  // Counted by the meter, as part of `__schema` or `__type`.
  if (isIntrospectionType(type)) return 0;
  if (field.name === '__schema' || field.name === '__type') return meter.cost(field, node);
  return costOfSelected(args);
}

/** A field as a document selects it. `childComplexity` is the cost of what it selects of each row. */
export type SelectedField = Pick<ComplexityEstimatorArgs, 'field' | 'node' | 'args' | 'childComplexity'>;

/** The cost of a selected field, except for introspection. */
export const costOfSelected = (selected: SelectedField): number =>
  costOf(selected) + (costOfField(selected.field).isFullRead ? fullReadCost : 0);

function costOf(args: SelectedField): number {
  // An alias can be long, and is repeated in each row.
  const key = (args.node.alias?.value ?? args.field.name).length / bytesPerUnit;
  const lists = countListValues(args.args) / listValuesPerUnit;
  return key + lists + (args.node.selectionSet ? costOfRows(args) : costOfValue(args));
}

function costOfValue({ field, node }: SelectedField): number {
  const isAliased = node.alias !== undefined && node.alias.value !== field.name;
  return (costOfField(field).bytes ?? typicalValueBytes) / bytesPerUnit + (isAliased ? aliasedValueCost : 0);
}

/** Number of values in all lists of an argument. */
function countListValues(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, each) => sum + countListValues(each), 0);
}

function costOfRows({ field, args, childComplexity }: SelectedField): number {
  const pageArgument = field.args.find((argument) => argument.name === 'first');
  if (pageArgument) {
    const first = typeof args.first === 'number' ? args.first : Number(pageArgument.defaultValue);
    // `nodes` and `edges` cost as much as one row each, as an alias of either repeats the rows. A larger `first` is rejected
    // elsewhere, with a better message.
    return 1 + Math.min(Math.max(first, 1), maxPageSize) * childComplexity;
  }
  return (costOfField(field).length ?? 1) * (1 + childComplexity);
}
