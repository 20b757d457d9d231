/**
 * What an engineer who knows these libraries writes in a day: Mercurius with compiled execution, Kysely, and a DataLoader
 * for each relation.
 */
import DataLoader from 'dataloader';
import Fastify from 'fastify';
import { type ExpressionBuilder, Kysely, PostgresDialect, sql } from 'kysely';
import mercurius from 'mercurius';
import pg from 'pg';
import { columnTypes } from './columns.ts';
import { listen, poolOptions } from './environment.ts';

const schema = `
  scalar DateTime
  scalar Day
  scalar Decimal

  type Query {
    strategies(ids: [ID!]!): [Strategy!]!
    conversion(id: ID!): Conversion
    conversions(first: Int!, after: String): ConversionPage!
    conversionsFrom(since: DateTime!, first: Int!): [Conversion!]!
    metricsByDay(since: Day!, until: Day!, strategyIds: [ID!]!): [DayMetrics!]!
  }
  type Strategy { id: ID! name: String tuneOfferId: ID createdAt: DateTime! iterations: [Iteration!]! }
  type Iteration { id: ID! name: String sequence: Int! createdAt: DateTime! endedAt: DateTime metrics: Metrics! }
  type Metrics { conversions: Int! payout: Decimal! }
  type Conversion {
    id: ID! clickId: ID goalReferenceId: ID payout: Decimal convertedAt: DateTime! clickedAt: DateTime status: String!
    method: String strategyId: ID iterationId: ID strategy: Strategy iteration: Iteration
  }
  type ConversionPage { nodes: [Conversion!]! pageInfo: PageInfo! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type DayMetrics { day: Day! strategyId: ID! conversions: Int! payout: Decimal! }
`;

interface StrategyRow {
  readonly id: string;
  readonly name: string | null;
  readonly tune_offer_id: string | null;
  readonly created_at: string;
}

interface IterationRow {
  readonly id: string;
  readonly strategy_id: string;
  readonly name: string | null;
  readonly sequence: string;
  readonly created_at: string;
  readonly ended_at: string | null;
}

interface ConversionRow {
  readonly id: string;
  readonly click_id: string | null;
  readonly goal_reference_id: string | null;
  readonly payout: string | null;
  readonly converted_at: string;
  readonly clicked_at: string | null;
  readonly status: string;
  readonly method: string | null;
  readonly strategy_id: string | null;
  readonly iteration_id: string | null;
}

interface MetricsRow {
  readonly iteration_id: string;
  readonly strategy_id: string;
  readonly day: string;
  readonly conversions: string;
  readonly payout: string;
}

interface Tables {
  readonly strategies: StrategyRow;
  readonly iterations: IterationRow;
  readonly conversions: ConversionRow;
  readonly daily_metrics: MetricsRow;
}

const pool = new pg.Pool({ ...poolOptions, types: columnTypes, options: '-c timezone=UTC' });
const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }).withSchema('peer');

const strategyColumns = ['id', 'name', 'tune_offer_id as tuneOfferId', 'created_at as createdAt'] as const;
const iterationColumns = ['id', 'name', 'sequence', 'created_at as createdAt', 'ended_at as endedAt'] as const;
const conversionColumns = [
  'id',
  'click_id as clickId',
  'goal_reference_id as goalReferenceId',
  'payout',
  'converted_at as convertedAt',
  'clicked_at as clickedAt',
  'status',
  'method',
  'strategy_id as strategyId',
  'iteration_id as iterationId',
] as const;

/** One parameter for any number of ids, so that PostgreSQL gets few different statements. */
const isOneOf = (column: string, ids: readonly string[]) => sql<boolean>`${sql.ref(column)} = any(${ids})`;
const totals = (e: ExpressionBuilder<Tables, 'daily_metrics'>) =>
  [e.fn.sum<string>('conversions').as('conversions'), e.fn.sum<string>('payout').as('payout')] as const;

const byId = <Row extends { readonly id: string }>(load: (ids: readonly string[]) => Promise<Row[]>) =>
  new DataLoader<string, Row | null>(async (ids) => {
    const rows = new Map((await load(ids)).map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id) ?? null);
  });

/** For one request. */
const createLoaders = () => ({
  strategy: byId((ids) => db.selectFrom('strategies').select(strategyColumns).where(isOneOf('id', ids)).execute()),
  iteration: byId((ids) => db.selectFrom('iterations').select(iterationColumns).where(isOneOf('id', ids)).execute()),
  iterationsOf: new DataLoader(async (ids: readonly string[]) => {
    const rows = await db
      .selectFrom('iterations')
      .select([...iterationColumns, 'strategy_id'])
      .where(isOneOf('strategy_id', ids))
      .orderBy('strategy_id')
      .orderBy('sequence')
      .execute();
    const byStrategy = Map.groupBy(rows, (row) => row.strategy_id);
    return ids.map((id) => byStrategy.get(id) ?? []);
  }),
  metricsOf: new DataLoader(async (ids: readonly string[]) => {
    const rows = await db
      .selectFrom('daily_metrics')
      .select((e) => ['iteration_id', ...totals(e)])
      .where(isOneOf('iteration_id', ids))
      .groupBy('iteration_id')
      .execute();
    const byIteration = new Map(rows.map((row) => [row.iteration_id, row]));
    return ids.map((id) => byIteration.get(id) ?? { conversions: '0', payout: '0.0000' });
  }),
});

type Context = ReturnType<typeof createLoaders>;

const encodeCursor = (values: readonly string[]) => Buffer.from(JSON.stringify(values)).toString('base64url');

const resolvers = {
  Query: {
    strategies: (_: unknown, { ids }: { ids: string[] }) =>
      db.selectFrom('strategies').select(strategyColumns).where(isOneOf('id', ids)).orderBy('id').execute(),
    conversion: (_: unknown, { id }: { id: string }) =>
      db.selectFrom('conversions').select(conversionColumns).where('id', '=', id).executeTakeFirst(),
    conversions: async (_: unknown, { first, after }: { first: number; after?: string }) => {
      let query = db.selectFrom('conversions').select(conversionColumns);
      if (after) {
        const [convertedAt, id] = JSON.parse(Buffer.from(after, 'base64url').toString());
        query = query.where(sql<boolean>`(converted_at, id) < (${convertedAt}, ${id})`);
      }
      const rows = await query
        .orderBy('converted_at', 'desc')
        .orderBy('id', 'desc')
        .limit(first + 1)
        .execute();
      const nodes = rows.slice(0, first);
      const last = nodes.at(-1);
      const endCursor = last ? encodeCursor([last.convertedAt, last.id]) : null;
      return { nodes, pageInfo: { hasNextPage: rows.length > first, endCursor } };
    },
    conversionsFrom: (_: unknown, { since, first }: { since: string; first: number }) =>
      db
        .selectFrom('conversions')
        .select(conversionColumns)
        .where('converted_at', '>=', since)
        .orderBy('converted_at')
        .orderBy('id')
        .limit(first)
        .execute(),
    metricsByDay: (
      _: unknown,
      { since, until, strategyIds }: { since: string; until: string; strategyIds: string[] },
    ) =>
      db
        .selectFrom('daily_metrics')
        .select((e) => ['day', 'strategy_id as strategyId', ...totals(e)])
        .where('day', '>=', since)
        .where('day', '<', until)
        .where(isOneOf('strategy_id', strategyIds))
        .groupBy(['day', 'strategy_id'])
        .orderBy('day')
        .orderBy('strategy_id')
        .execute(),
  },
  Strategy: {
    iterations: ({ id }: { id: string }, _: unknown, { iterationsOf }: Context) => iterationsOf.load(id),
  },
  Iteration: {
    metrics: ({ id }: { id: string }, _: unknown, { metricsOf }: Context) => metricsOf.load(id),
  },
  Conversion: {
    strategy: ({ strategyId }: { strategyId: string | null }, _: unknown, { strategy }: Context) =>
      strategyId === null ? null : strategy.load(strategyId),
    iteration: ({ iterationId }: { iterationId: string | null }, _: unknown, { iteration }: Context) =>
      iterationId === null ? null : iteration.load(iterationId),
  },
};

const app = Fastify();
await app.register(mercurius, { schema, resolvers: resolvers as never, context: createLoaders as never, jit: 1 });
await app.ready();
listen(app.server);
