/**
 * What Node and PostgreSQL can do without GraphQL: `POST /<workload>` with the variables as JSON, prepared statements, and
 * rows mapped by hand to the answers that all servers are compared by.
 */
import { createServer, type IncomingMessage } from 'node:http';
import pg from 'pg';
import type { Answers, ConversionAnswer, IterationAnswer, StrategyAnswer, Totals } from '../answers.ts';
import { type Inputs, type Workload, workloadNames } from '../workloads.ts';
import { columnTypes } from './columns.ts';
import { listen, poolOptions } from './environment.ts';

const pool = new pg.Pool({ ...poolOptions, types: columnTypes, options: '-c timezone=UTC' });

type Row = readonly (string | null)[];

const rows = async (name: string, text: string, values: readonly unknown[]): Promise<Row[]> =>
  (await pool.query<string[]>({ name, text, values: [...values], rowMode: 'array' })).rows;

const strategyColumns = 's.id, s.name, s.tune_offer_id, s.created_at';
const iterationColumns = 'i.id, i.name, i.sequence, i.created_at, i.ended_at';
const conversionColumns = 'c.id, c.click_id, c.payout, c.converted_at, c.status';

const strategy = (row: Row, at: number): StrategyAnswer | null =>
  row[at] === null
    ? null
    : ({ id: row[at], name: row[at + 1], tuneOfferId: row[at + 2], createdAt: row[at + 3] } as StrategyAnswer);
const iteration = (row: Row, at: number): IterationAnswer | null =>
  row[at] === null
    ? null
    : ({
        id: row[at],
        name: row[at + 1],
        sequence: row[at + 2],
        createdAt: row[at + 3],
        endedAt: row[at + 4],
      } as IterationAnswer);
const conversion = (row: Row): ConversionAnswer =>
  ({ id: row[0], clickId: row[1], payout: row[2], convertedAt: row[3], status: row[4] }) as ConversionAnswer;
const totals = (row: Row, at: number): Totals => ({ conversions: row[at], payout: row[at + 1] }) as Totals;

const answers: { readonly [W in Workload]: (input: Inputs[W]) => Promise<Answers[W]> } = {
  A: async ({ strategyIds }) => {
    const [strategies, iterations] = await Promise.all([
      rows('strategies', `select ${strategyColumns} from peer.strategies s where s.id = any($1) order by s.id`, [
        strategyIds,
      ]),
      rows(
        'iterations',
        `select i.strategy_id, ${iterationColumns}, coalesce(m.conversions, 0), coalesce(m.payout, 0.0000)
         from peer.iterations i
         left join (
           select iteration_id, sum(conversions) as conversions, sum(payout) as payout from peer.daily_metrics
           where iteration_id = any(array(select id from peer.iterations where strategy_id = any($1))) group by 1
         ) m on m.iteration_id = i.id
         where i.strategy_id = any($1) order by i.strategy_id, i.sequence`,
        [strategyIds],
      ),
    ]);
    const byStrategy = Map.groupBy(iterations, (row) => row[0]);
    return strategies.map((row) => ({
      ...(strategy(row, 0) as StrategyAnswer),
      iterations: (byStrategy.get(row[0] ?? null) ?? []).map((each) => ({
        ...(iteration(each, 1) as IterationAnswer),
        ...totals(each, 6),
      })),
    }));
  },
  B: async ({ since }) => {
    const found = await rows(
      'conversions',
      `select ${conversionColumns}, ${iterationColumns}
       from (select * from peer.conversions where converted_at >= $1 order by converted_at, id limit 1000) c
       left join peer.iterations i on i.id = c.iteration_id order by c.converted_at, c.id`,
      [since],
    );
    return found.map((row) => ({ ...conversion(row), iteration: iteration(row, 5) }));
  },
  C: async ({ id }) => {
    const [row] = await rows(
      'conversion',
      `select ${conversionColumns}, c.goal_reference_id, c.clicked_at, c.method, ${strategyColumns}, ${iterationColumns}
       from peer.conversions c
       left join peer.strategies s on s.id = c.strategy_id left join peer.iterations i on i.id = c.iteration_id
       where c.id = $1`,
      [id],
    );
    if (row === undefined) return null;
    const [goalReferenceId = null, clickedAt = null, method = null] = row.slice(5, 8);
    return {
      ...conversion(row),
      goalReferenceId,
      clickedAt,
      method,
      strategy: strategy(row, 8),
      iteration: iteration(row, 12),
    };
  },
  D: async ({ since, until, strategyIds }) => {
    const found = await rows(
      'days',
      `select day, strategy_id, sum(conversions), sum(payout) from peer.daily_metrics
       where day >= $1 and day < $2 and strategy_id = any($3) group by 1, 2 order by 1, 2`,
      [since, until, strategyIds],
    );
    return found.map((row) => ({ day: String(row[0]), strategyId: String(row[1]), ...totals(row, 2) }));
  },
  E: async ({ convertedAt, id }) => {
    const found = await rows(
      'page',
      `select ${conversionColumns}, c.iteration_id from peer.conversions c
       where (c.converted_at, c.id) < ($1, $2) order by c.converted_at desc, c.id desc limit 101`,
      [convertedAt, id],
    );
    return {
      rows: found.slice(0, 100).map((row) => ({ ...conversion(row), iterationId: row[5] ?? null })),
      hasNextPage: found.length > 100,
    };
  },
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

listen(
  createServer(async (request, response) => {
    try {
      const workload = workloadNames.find((name) => request.url === `/${name}`) ?? 'A';
      const body = JSON.stringify(await answers[workload](JSON.parse(await bodyOf(request)) as never));
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  }),
);
