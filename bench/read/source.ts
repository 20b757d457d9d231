import type pg from 'pg';
import { leastRows } from './answers.ts';
import type { DialectName } from './dialects.ts';
import type { Position, Source } from './workloads.ts';

/** So many conversions are chosen at random, and so many around page 200 are positions. */
const conversionCount = 150_000;
const positionCount = 40_000;
const beforePage200 = 19_900;
const pageRows = 1000;

const position = `id, to_char(converted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "convertedAt"`;

/** Reads from the warehouse what the requests take their variables from. The same rows each time. */
export async function readSource(client: pg.Client): Promise<Source> {
  const rows = async <Row>(sql: string): Promise<Row[]> => (await client.query(sql)).rows as Row[];
  const strategies = await rows<{ id: string }>('select id from peer.strategies order by id');
  // Without the last ones, after which there are fewer than 1,000.
  const conversions = await rows<Position>(
    `select ${position} from (select * from peer.conversions order by converted_at desc, id desc offset 2 * ${leastRows.B}) c
     order by md5(id || 'bench') limit ${conversionCount}`,
  );
  const positions = await rows<Position>(
    `select ${position} from peer.conversions order by converted_at desc, id desc
     limit ${positionCount} offset greatest(0, ${beforePage200} - ${positionCount / 2})`,
  );
  const [days] = await rows<{ first: number; last: number }>(
    `select extract(epoch from min(day))::float8 * 1000 as first, extract(epoch from max(day))::float8 * 1000 as last
     from peer.daily_metrics`,
  );
  return {
    strategyIds: strategies.map(({ id }) => id),
    conversions,
    positions,
    days: [days?.first ?? 0, days?.last ?? 0],
  };
}

/** One line about the database. */
export async function describe(client: pg.Client): Promise<string> {
  const count = (table: string) => `(select to_char(count(*), 'FM999,999,999') from peer.${table})`;
  const { rows } = await client.query(
    `select current_setting('server_version') as version, ${count('conversions')} as conversions,
       ${count('strategies')} as strategies, ${count('iterations')} as iterations`,
  );
  const [{ version, conversions, strategies, iterations }] = rows;
  return `PostgreSQL ${version}: ${conversions} conversions, ${strategies} strategies, ${iterations} iterations`;
}

/** Reads a server's own cursors of the positions, page by page; null if it has none. */
export async function readCursors(
  origin: string,
  dialect: DialectName,
  positions: readonly Position[],
  headers: Readonly<Record<string, string>>,
): Promise<readonly (string | null)[] | null> {
  if (dialect !== 'product') return null;
  const cursors = new Map<string, string>();
  const query = `query Cursors($after: String) { conversions(first: ${pageRows}, after: $after) {
    edges { cursor node { id } } pageInfo { endCursor }
  } }`;
  for (let after: string | null = null; cursors.size < positions.length; ) {
    const { data } = await post(origin, '/graphql', JSON.stringify({ query, variables: { after } }), headers);
    const { edges, pageInfo } = (data as { conversions: CursorPage }).conversions;
    for (const { cursor, node } of edges) cursors.set(node.id, cursor);
    after = pageInfo.endCursor;
    if (after === null) break;
  }
  return positions.map(({ id }) => cursors.get(id) ?? null);
}

interface CursorPage {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: { readonly endCursor: string | null };
}

/** @throws if the server reports an error */
export async function post(
  origin: string,
  path: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly data: unknown }> {
  const response = await fetch(`${origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${origin}${path} answers ${response.status}: ${text.slice(0, 500)}`);
  const answer = JSON.parse(text);
  if (path !== '/graphql') return { data: answer };
  if (answer.errors) throw new Error(`${origin}${path} answers: ${JSON.stringify(answer.errors).slice(0, 500)}`);
  return answer;
}
