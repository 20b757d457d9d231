import {
  DirectiveLocation,
  GraphQLBoolean,
  GraphQLDirective,
  type GraphQLField,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLSchema,
  GraphQLString,
  getNamedType,
  isObjectType,
} from 'graphql';
import { maxSavedTextLength } from '../config/limits.ts';

/** Bytes of keys and values that cost 1, like an object. */
export const bytesPerUnit = 256;

/** What is known of a field's cost, where it is not that of an ordinary field. */
export interface FieldCost {
  /** Statements that it runs for all parents together, on any store. */
  readonly statements?: number;
  /** Estimated length of a list without pagination. */
  readonly length?: number;
  /** Estimated bytes of a long text. Aliases can select one a thousand times. */
  readonly bytes?: number;
  /** Reads the whole warehouse, ledger or AdSuite, however few rows it returns. */
  readonly isFullRead?: true;
}

const statement: FieldCost = { statements: 1 };
/** A full read pages through everything, one page after the other. The number allows for a few of them in an operation. */
const fullRead: FieldCost = { statements: 20, isFullRead: true };

/** The conversion, its copies, campaign, strategies, offer, windows, and those that wait for the same. */
const explanation: FieldCost = { statements: 8 };
/** The event and the click, each in up to three periods, the campaign, strategies and iterations. */
const live: FieldCost = { statements: 9 };

/** Costs by coordinate. `Connection` in place of a type: that of every connection. */
const costs: Readonly<Record<string, FieldCost>> = {
  'Query.strategy': statement,
  'Query.strategies': statement,
  'Query.campaign': statement,
  'Query.campaigns': statement,
  'Query.iteration': statement,
  'Query.iterations': statement,
  'Query.conversion': statement,
  'Query.explainAttribution': explanation,
  // With atBuild, one more.
  'Query.conversions': { statements: 2 },
  'Query.metrics': { statements: 2 },
  'Query.attributionSummary': { statements: 2 },
  'Query.build': statement,
  'Query.builds': statement,
  'Query.buildDiff': statement,
  'Query.changes': { statements: 2 },
  'Build.findings': statement,
  'Build.historySince': statement,
  'Build.reasons': { length: 9 },
  'BuildDiff.changed': statement,
  'BuildDiff.moves': statement,
  'BuildDiff.moveCount': statement,
  'BuildDiff.iterations': statement,
  'BuildDiff.iterationCount': statement,
  'BuildDiff.causes': { statements: 1, length: 23 },
  'ConversionChange.causes': { statements: 1, length: 2 },
  'Conversion.history': statement,
  'ConversionState.fromBuild': statement,
  'ConversionState.untilBuild': statement,
  'Query.attributionSummaries': { statements: 2 },
  'Query.unattributedBy': statement,
  'Query.dataQuality': { statements: 1, length: 15 },
  'Query.dataQualitySubjects': { statements: 3 },
  'Query.dataQualityHistory': statement,
  'Query.pushRun': statement,
  'Query.pushRuns': statement,
  'Query.planMetricsPush': fullRead,
  'Query.pushDrift': fullRead,
  'Mutation.pushMetrics': fullRead,
  'Mutation.retryPush': { statements: 5 },
  'Mutation.cancelPush': { statements: 3 },
  'Mutation.resumePush': { statements: 3 },
  'Query.savedQueries': statement,
  'Query.savedQuery': statement,
  // A lock and its timeout, look-ups and counts, and the change, in a transaction.
  'Mutation.saveQuery': { statements: 8 },
  'Mutation.deleteSavedQuery': { statements: 6 },
  'SavedQuery.document': { bytes: maxSavedTextLength },
  'SavedQuery.variables': { bytes: maxSavedTextLength },
  'Connection.totalCount': statement,
  'MetricConnection.totals': statement,
  'MetricRow.strategy': statement,
  'MetricRow.iteration': statement,
  'MetricRow.campaign': statement,
  'MetricRow.drillDown': statement,
  'AttributionSummaryConnection.totals': statement,
  'AttributionSummaryRow.summary': statement,
  'AttributionSummaryRow.strategy': statement,
  'AttributionSummaryRow.campaign': statement,
  'AttributionSummaryRow.drillDown': statement,
  'AttributionSummary.reasons': { length: 9 },
  'Metrics.clicks': statement,
  'Metrics.convertedClicks': statement,
  'Metrics.conversionsPerClick': statement,
  'Metrics.conversionRate': statement,
  'Metrics.clickConversionRate': { statements: 2 },
  'Metrics.clickConversionInterval': { statements: 2 },
  'GoalMetrics.convertedClicks': statement,
  'GoalMetrics.conversionsPerClick': statement,
  'GoalMetrics.clickConversionRate': { statements: 2 },
  'GoalMetrics.clickConversionInterval': { statements: 2 },
  'Metrics.byGoal': { statements: 1, length: 10 },
  'Strategy.currentIteration': statement,
  'Strategy.iterations': statement,
  'Strategy.metrics': statement,
  'Iteration.strategy': statement,
  'Iteration.conversions': statement,
  'Iteration.metrics': statement,
  'Iteration.daily': { statements: 1, length: 30 },
  'Iteration.lastPush': statement,
  'Conversion.strategy': statement,
  'Conversion.iteration': statement,
  'Conversion.explanation': explanation,
  'AttributionExplanation.live': live,
  'AttributionExplanation.liveUnavailable': live,
  'LiveRows.moved': { length: 2 },
  'LiveRows.differences': { length: 2 },
  'ExplainedOffer.strategies': { length: 2 },
  'ExplainedIterations.candidates': { length: 10 },
  'ExplainedIterations.comparisons': { length: 2 },
  'Conversion.campaign': statement,
  'Click.campaign': statement,
  'Click.loadedAt': statement,
  'Campaign.strategy': statement,
  'Campaign.waiting': statement,
  'UnattributedFix.waitingSince': statement,
  'UnattributedFix.waitingSinceBuild': statement,
  'UnattributedFix.campaign': statement,
  'UnattributedFix.strategy': statement,
  // A page per kind of subject, and a total count.
  'UnattributedFix.drillDown': { statements: 10 },
  'UnattributedFix.todo': { bytes: 200 },
  'DataStatus.mirror': statement,
  'PushPlanRow.causes': { statements: 2, length: 3 },
  'PushDriftRow.causes': { statements: 2, length: 3 },
  'PushRun.rows': statement,
  'PushedMetrics.byGoal': { length: 10 },
  'DataQualityFinding.subjects': { length: 10 },
  'DataQualityFinding.firstSeen': statement,
  'DataQualitySubject.firstSeen': statement,
  'DataQualityBuild.build': statement,
  'DataQualityFinding.meaning': { bytes: 300 },
  'DataQualityFinding.cure': { bytes: 300 },
  'ReasonCount.description': { bytes: 300 },
  'LastPush.message': { bytes: 1000 },
  'PushRow.message': { bytes: 1000 },
  'PushFinding.message': { bytes: 1000 },
  'PushPlan.refusal': { bytes: 1000 },
  'PushRun.refusal': { bytes: 1000 },
  'PushRun.reason': { bytes: 500 },
  'PushOverride.reason': { bytes: 500 },
  'PushProgress.lastFailure': { bytes: 500 },
};

/** Cost of a full read besides its rows: an operation may have a few of them. */
export const fullReadCost = 10_000;

const ordinary: FieldCost = {};

/** What `declareCosts` declared for a field. */
export const costOfField = ({ extensions }: GraphQLField<unknown, unknown>): FieldCost =>
  (extensions.cost as FieldCost | undefined) ?? ordinary;

export const statementsOf = (field: GraphQLField<unknown, unknown>): number => costOfField(field).statements ?? 0;

const onFields = { locations: [DirectiveLocation.FIELD_DEFINITION] };

/** The directives that show the costs in the schema file; `@cost` and `@listSize` are those of IBM's cost specification. */
export const costDirectives: readonly GraphQLDirective[] = [
  new GraphQLDirective({
    name: 'cost',
    description: 'Cost of the field besides that of its rows, see Limits in docs/api.md.',
    args: { weight: { type: new GraphQLNonNull(GraphQLString) } },
    ...onFields,
  }),
  new GraphQLDirective({
    name: 'listSize',
    description: 'Size of a list: by an argument, or an estimate.',
    args: {
      assumedSize: { type: GraphQLInt },
      slicingArguments: { type: new GraphQLList(new GraphQLNonNull(GraphQLString)) },
      sizedFields: { type: new GraphQLList(new GraphQLNonNull(GraphQLString)) },
      requireOneSlicingArgument: { type: GraphQLBoolean, defaultValue: true },
    },
    ...onFields,
  }),
  new GraphQLDirective({
    name: 'statements',
    description: 'Number of statements that the field runs, for all rows of a list together.',
    args: { count: { type: new GraphQLNonNull(GraphQLInt) } },
    ...onFields,
  }),
];

/**
 * Declares the cost of each field in a schema, for the limits and for the schema file.
 *
 * @throws if a cost is declared for a field that does not exist.
 */
export function declareCosts(schema: GraphQLSchema): GraphQLSchema {
  const unused = new Set(Object.keys(costs));
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const coordinates = [
        `${type.name}.${field.name}`,
        `${type.name.replace(/^.*Connection$/, 'Connection')}.${field.name}`,
      ];
      const coordinate = coordinates.find((each) => each in costs);
      if (coordinate) unused.delete(coordinate);
      const cost = (coordinate && costs[coordinate]) || ordinary;
      field.extensions = { ...field.extensions, cost, directives: directivesOf(field, cost) };
    }
  }
  if (unused.size > 0) throw new Error(`costs of fields that do not exist: ${[...unused].join(', ')}`);
  return schema;
}

function directivesOf(field: GraphQLField<unknown, unknown>, { statements, length, bytes, isFullRead }: FieldCost) {
  const weight = isFullRead ? fullReadCost : bytes === undefined ? null : bytes / bytesPerUnit;
  const isPaged = field.args.some((argument) => argument.name === 'first');
  const type = getNamedType(field.type);
  const rows = isObjectType(type) ? ['nodes', 'edges', 'rows'].filter((name) => name in type.getFields()) : [];
  return {
    ...(weight === null ? {} : { cost: { weight: String(Math.round(weight * 100) / 100) } }),
    ...(length === undefined ? {} : { listSize: { assumedSize: length } }),
    ...(isPaged
      ? { listSize: { slicingArguments: ['first'], sizedFields: rows, requireOneSlicingArgument: false } }
      : {}),
    ...(statements === undefined ? {} : { statements: { count: statements } }),
  };
}
