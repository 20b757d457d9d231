import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse } from 'graphql';
import { listsOf } from '../../src/web/results/lists.ts';
import { shapeOf } from '../../src/web/results/shape.ts';

export const schema = buildSchema(readFileSync(join(import.meta.dirname, '../../src/schema/schema.graphql'), 'utf8'));

/** The lists of an answer to a query, with the types of the schema. */
export const listsIn = (query: string, data: unknown, variables: Record<string, unknown> = {}) =>
  listsOf(data, shapeOf(schema, parse(query), null, variables));

/** Metrics of a day. */
export const metrics = (conversions: number, clicks: number | null = null) => ({
  conversions,
  clicks,
  payout: `${conversions}.5000`,
});

/** Iterations of a strategy, by day. */
export const byDay = `query { strategy(id: "1") { name iterations { totalCount nodes { id createdAt endedAt strategy { name }
  daily { day metrics { conversions clicks payout } } } pageInfo { hasNextPage } } } }`;
export const byDayData = {
  strategy: {
    name: 'One',
    iterations: {
      totalCount: 3,
      nodes: [
        {
          id: '7',
          createdAt: '2026-01-01T10:00:00.000000Z',
          endedAt: '2026-01-02T00:00:00.000001Z',
          strategy: { name: 'One' },
          daily: [
            { day: '2026-01-01', metrics: metrics(2, 10) },
            { day: '2026-01-02', metrics: metrics(1, null) },
          ],
        },
        { id: '8', createdAt: '2026-01-02T00:00:00.000001Z', endedAt: null, strategy: null, daily: [] },
        {
          id: '9',
          createdAt: null,
          endedAt: null,
          strategy: null,
          daily: [{ day: '2026-01-02', metrics: metrics(4, 8) }],
        },
      ],
      pageInfo: { hasNextPage: false },
    },
  },
};
