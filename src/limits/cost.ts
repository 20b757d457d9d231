import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  isIntrospectionType,
  type OperationDefinitionNode,
} from 'graphql';
import { type ComplexityEstimatorArgs, getComplexity } from 'graphql-query-complexity';
import { DomainError } from '../errors.ts';
import { bytesPerObject, IntrospectionMeter, TooCostly } from './introspection-cost.ts';
import { tooMuch } from './too-much.ts';

/** Bytes of a value, beside its key: an instant has 29, an id of a click or an event up to 38, a number or an amount 10. */
const usualValueBytes = 24;

/**
 * Bytes of longer texts, as far as they are bounded: AdSuite's messages and reasons. Each may be selected a thousand times by
 * aliases.
 */
const longValueBytes: Readonly<Record<string, number>> = {
  message: 1000,
  refusal: 1000,
  reason: 500,
  lastFailure: 500,
  meaning: 300,
  cure: 300,
  description: 300,
};

/**
 * What a value under an alias costs beside its bytes. Only aliases make rows wider than a type has fields, and executing a
 * field takes time, however short its value.
 */
const aliasedValueCost = 0.5;

/** How many values of a list in an argument cost 1: each place of the argument, for each parent, handles the list again. */
const listValuesPerCost = 16;

/** The largest page: `first` beyond it is refused by itself, with a better message. */
const largestPage = 1000;

/** What lists without pages usually hold. */
const usualLengths: Readonly<Record<string, number>> = { daily: 30, byGoal: 10, dataQuality: 15, subjects: 10 };

/** Fields that read all of the warehouse, the ledger or AdSuite, however little of it is shown. */
const wholeReads: ReadonlySet<string> = new Set(['planMetricsPush', 'pushMetrics', 'pushDrift']);

/** Allows a few of them in one operation. */
const wholeReadCost = 10_000;

/** Of the limit, what introspection may cost: the query that tools send costs about 3,500, and one is enough. */
const introspectionShare = 1 / 5;

/**
 * Refuses an operation whose answer could be too large: lists in lists multiply, so a few hundred characters can ask for
 * millions of objects. Each object costs 1, and so do 256 bytes of keys and values; every page counts as full, and variables
 * count with their values. Introspection costs what it answers, at least.
 *
 * @param maxCost of one operation.
 * @throws {DomainError} COST_LIMIT, with the cost; BAD_USER_INPUT for an argument that does not fit.
 */
export function checkCost(
  schema: GraphQLSchema,
  query: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
  maxCost: number,
): void {
  // Only introspection and faults need them here. Once, as a list of ids may be long.
  const coerced = once(() => getVariableValues(schema, operation.variableDefinitions ?? [], variables).coerced);
  const meter = new IntrospectionMeter(schema, query, () => coerced() ?? {}, maxCost * introspectionShare);
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
    if (error instanceof TooCostly) throw tooMuchIntrospection(maxCost * introspectionShare);
    if (!(error instanceof GraphQLError)) throw error;
    // Execution reports invalid variables with a better message, and then refuses the operation as a whole.
    if (!coerced()) return;
    // Such a fault fails one field only: the rest would be answered without having been counted.
    throw new DomainError('BAD_USER_INPUT', error.message, 400);
  }
  if (cost <= maxCost) return;
  throw tooMuch(
    `This operation could cost ${written(cost)}; the limit is ${written(maxCost)} (MAX_COST). ${whatCosts} ` +
      'Ask for smaller pages (first), or for fewer lists inside lists.',
  );
}

/** Calls a function at the first need only. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const whatCosts = `Each object in the answer costs 1, and so do ${bytesPerObject} bytes of keys and values.`;

const written = (cost: number): string => Math.ceil(cost).toLocaleString('en');

const tooMuchIntrospection = (limit: number): DomainError =>
  tooMuch(
    `The introspection in this operation (__schema, __type) costs more than ${written(limit)}, a fifth of MAX_COST. ${whatCosts} ` +
      'Ask for fewer types or fields.',
  );

function estimate(args: ComplexityEstimatorArgs, meter: IntrospectionMeter): number {
  const { field, node, type } = args;
  // Below `__schema` and `__type` all is counted with them.
  if (isIntrospectionType(type)) return 0;
  if (field.name === '__schema' || field.name === '__type') return meter.cost(field, node);
  return objectsOf(args) + (wholeReads.has(field.name) ? wholeReadCost : 0);
}

function objectsOf(args: ComplexityEstimatorArgs): number {
  // A key may be a long alias, and is written once for each row.
  const key = (args.node.alias?.value ?? args.field.name).length / bytesPerObject;
  const lists = listValues(args.args) / listValuesPerCost;
  return key + lists + (args.node.selectionSet ? rowsOf(args) : costOfValue(args));
}

function costOfValue({ field, node }: ComplexityEstimatorArgs): number {
  const isAliased = node.alias !== undefined && node.alias.value !== field.name;
  return (longValueBytes[field.name] ?? usualValueBytes) / bytesPerObject + (isAliased ? aliasedValueCost : 0);
}

/** How many values the lists in an argument have together. */
function listValues(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, each) => sum + listValues(each), 0);
}

function rowsOf({ field, args, childComplexity }: ComplexityEstimatorArgs): number {
  // The rows of a page are counted where they are written: an alias of `nodes` writes them again.
  if (field.name === 'nodes' || field.name === 'edges') return 1 + childComplexity;
  if (field.name === 'node') return 1 + childComplexity;
  const pageArgument = field.args.find((argument) => argument.name === 'first');
  if (pageArgument) {
    const first = typeof args.first === 'number' ? args.first : Number(pageArgument.defaultValue);
    return 1 + Math.min(Math.max(first, 1), largestPage) * childComplexity;
  }
  return (usualLengths[field.name] ?? 1) * (1 + childComplexity);
}
