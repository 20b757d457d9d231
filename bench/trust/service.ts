import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { median } from '../world.ts';

const pageSize = 1000;
const explanations = 300;

interface ChangesPage {
  readonly changes: {
    readonly nodes: readonly object[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

/** Reads all pages of the changes since a build, as a client does. */
export async function measureChanges(origin: string, since: string) {
  const query = `query Changes($since: ID!, $after: String) {
    changes(sinceBuild: $since, first: ${pageSize}, after: $after) {
      throughBuild
      nodes { id causes before { status strategyId iterationId payout } after { status strategyId iterationId payout } }
      pageInfo { hasNextPage endCursor }
    }
  }`;
  await ask(origin, '{ dataStatus { build } }');
  const start = performance.now();
  const pageTimes: number[] = [];
  let rows = 0;
  for (let after: string | null = null, isLast = false; !isLast; ) {
    const pageStart = performance.now();
    const { changes }: ChangesPage = await ask(origin, query, { since, after });
    pageTimes.push(performance.now() - pageStart);
    rows += changes.nodes.length;
    after = changes.pageInfo.endCursor;
    isLast = !changes.pageInfo.hasNextPage;
  }
  return {
    rows,
    pages: pageTimes.length,
    seconds: (performance.now() - start) / 1000,
    pageMedian: median(pageTimes),
    pageMax: Math.max(...pageTimes),
  };
}

/** Explains random conversions, one after the other. Null if the schema has no explanations. */
export async function measureExplanations(origin: string, client: pg.Client) {
  const schema = readFileSync(join(import.meta.dirname, '../../src/schema/schema.graphql'), 'utf8');
  if (!/^ {2}explainAttribution\(/m.test(schema)) return null;
  const query = `query Explain($id: ID!) {
    explainAttribution(conversionId: $id) {
      status iterationId decidedBy rule finality
      event { outcome clickId suggestion }
      click { outcome timestamp campaignId copies { summary } suggestion }
      campaign { outcome name offerId suggestion }
      offer { outcome strategyCount strategies { id name } suggestion }
      strategy { outcome strategyId iterationCount suggestion }
      iterations {
        outcome
        comparisons { left leftValue operator right rightValue holds }
        candidates { id createdAt endedAt sinceStart untilEnd isWinner }
        suggestion
      }
    }
  }`;
  const { rows } = await client.query(
    `select event_id from attribution.goal_complete_events_attributed order by random() limit ${explanations + 20}`,
  );
  const ids = rows.map((row) => String(row.event_id));
  // Warms up the JIT compiler and the connections.
  for (const id of ids.splice(0, 20)) await ask(origin, query, { id });
  const statementsBefore = await statements(origin);
  const times: number[] = [];
  for (const id of ids) {
    const start = performance.now();
    await ask(origin, query, { id });
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const quantile = (part: number) => times[Math.floor(part * times.length)] ?? Number.NaN;
  return {
    p50: quantile(0.5),
    p95: quantile(0.95),
    statements: ((await statements(origin)) - statementsBefore) / ids.length,
  };
}

/** Statements that the service has sent to the warehouse, by its metrics. */
async function statements(origin: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const counts = text.matchAll(/^attribution_query_duration_seconds_count\{[^}]*store="warehouse"[^}]*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function ask<Data>(origin: string, query: string, variables: object = {}): Promise<Data> {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: readonly { message: string }[] };
  if (errors) throw new Error(errors.map(({ message }) => message).join('; '));
  return data;
}
