import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DateTime, Day } from '../../src/schema/scalars.ts';
import { decodedCursor } from '../support/cursors.ts';
import { openTestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(smallWorld(6), smallWorldAsOf);
});
afterAll(() => service?.close());

const send = (query: string) => service.send<Record<string, unknown>, never>(query, undefined as never);
const sql = (text: string) => service.database.query(text);
const gold = 'attribution.goal_complete_events_attributed';

/** Texts of PostgreSQL that no client should see. */
const odd = ['infinity', '-infinity', '58133-01-02 03:04:05.678+00', '0044-03-15 00:00:00+00 BC'] as const;
/** The API's own text for each. */
const dateTime = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const day = /^(?!0000)\d{4}-\d\d-\d\d$/;

/** Runs `use` while columns of one row of a table have a value. */
async function planted(
  table: string,
  where: string,
  columns: readonly string[],
  value: string,
  use: () => Promise<void>,
): Promise<void> {
  await sql(`create table kept as select * from ${table} where ${where}`);
  try {
    await sql(`update ${table} set ${columns.map((column) => `${column} = '${value}'`).join(', ')} where ${where}`);
    await use();
  } finally {
    await sql(`delete from ${table} where ${where}`);
    await sql(`insert into ${table} select * from kept`);
    await sql('drop table kept');
  }
}

/** Checks that a response contains no text that looks like PostgreSQL's, and no masked error. */
function expectClean(answer: unknown): void {
  const { data, errors, extensions } = answer as {
    data: unknown;
    errors?: { extensions: { code: string } }[];
    extensions?: unknown;
  };
  expect(JSON.stringify([data, extensions])).not.toMatch(/infinity|58133|BC"|\+00"/);
  for (const error of errors ?? []) expect(error.extensions.code).toBe('TIME_OUT_OF_RANGE');
}

const refused = (type: string, id: string, column: string) => ({
  message: expect.stringContaining(`${type} ${id}: ${column} is "`),
  extensions: { code: 'TIME_OUT_OF_RANGE', type, id, column },
});

test.each([
  ['DateTime', DateTime],
  ['Day', Day],
])('a %s of an unknown row that is out of range is refused without naming a row', (_, scalar) => {
  for (const value of odd) {
    const error = caught(() => scalar.serialize(value));
    expect(error).toMatchObject({ extensions: { code: 'TIME_OUT_OF_RANGE', type: null, id: null, column: null } });
    expect(error.message).toContain(`A stored time is "${value}", which is not a time of the years 0001 to 9999.`);
  }
});

function caught(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

describe.each(odd)('%s', (value) => {
  test('in a conversion is null in a nullable field, and fails a field that is not', async () => {
    const columns = ['converted_at', 'click_timestamp', 'loaded_at'];
    await planted(gold, "event_id = 'e0003'", columns, value, async () => {
      const partial = await send('{ conversion(id: "e0003") { id clickedAt status } dataStatus { build } }');
      expect(partial).toMatchObject({ status: 200, data: { conversion: { id: 'e0003', clickedAt: null } } });
      expect(partial.errors).toBeUndefined();
      for (const [field, column] of [
        ['convertedAt', 'converted_at'],
        ['loadedAt', 'loaded_at'],
      ] as const) {
        const answer = await send(`{ conversion(id: "e0003") { ${field} } }`);
        expect(answer).toMatchObject({ status: 409, errors: [refused('Conversion', 'e0003', column)] });
        expectClean(answer);
        // Other fields of the operation keep their data.
        const both = await send(`{ conversion(id: "e0003") { ${field} } strategies { totalCount } }`);
        expect(both).toMatchObject({ status: 200, data: { conversion: null, strategies: { totalCount: 6 } } });
      }
    });
  });

  test.each(['CONVERTED_AT', 'CLICKED_AT', 'LOADED_AT'])('never reaches a cursor (%s)', async (field) => {
    const column = field === 'CLICKED_AT' ? 'click_timestamp' : field.toLowerCase();
    await planted(gold, "event_id = 'e0003'", [column], value, async () => {
      for (const direction of ['ASC', 'DESC']) {
        const ids: string[] = [];
        const order = `orderBy: {field: ${field}, direction: ${direction}}`;
        // All rows in one page, without cursors.
        const all = await send(`{ conversions(first: 1000, ${order}) { nodes { id } } }`);
        for (const { id } of (all.data.conversions as { nodes: { id: string }[] }).nodes) ids.push(id);
        expect(ids).toContain('e0003');
        const at = ids.indexOf('e0003');
        const answer = await send(
          `{ conversions(first: ${at + 1}, ${order}) { nodes { id } pageInfo { hasNextPage endCursor } } }`,
        );
        expect(answer).toMatchObject({
          status: 200,
          data: { conversions: { pageInfo: { endCursor: null } } },
          errors: [{ ...refused('Conversion', 'e0003', column), path: ['conversions', 'pageInfo', 'endCursor'] }],
        });
        expectClean(answer);
        expectClean(await send(`{ conversions(first: 1000, ${order}) { edges { cursor } } }`));
        // A page that ends at another row continues after it.
        const size = at + 2 <= ids.length ? at + 2 : at;
        if (size === 0) continue;
        const page = await send(`{ conversions(first: ${size}, ${order}) { pageInfo { endCursor } } }`);
        const { endCursor } = (page.data.conversions as { pageInfo: { endCursor: string } }).pageInfo;
        expect(decodedCursor(endCursor)).not.toMatch(/infinity|58133|BC/);
        const next = await send(`{ conversions(first: 1000, ${order}, after: "${endCursor}") { nodes { id } } }`);
        expect((next.data.conversions as { nodes: { id: string }[] }).nodes.map(({ id }) => id)).toEqual(
          ids.slice(size),
        );
      }
    });
  });

  test('in an iteration and a strategy', async () => {
    await planted(
      'attribution.iterations_with_end_time',
      'iteration_id = 100',
      ['created_at', 'ended_at'],
      value,
      async () => {
        const answer = await send('{ iteration(id: 100) { id endedAt isCurrent } }');
        expect(answer).toMatchObject({
          status: 200,
          data: { iteration: { id: '100', endedAt: null, isCurrent: false } },
        });
        const failed = await send('{ iterations(first: 1000) { nodes { id createdAt } } }');
        expect(failed).toMatchObject({ status: 409, errors: [refused('Iteration', '100', 'created_at')] });
        expectClean(failed);
        const order = 'orderBy: {field: CREATED_AT, direction: ASC}';
        expectClean(
          await send(`{ strategy(id: 1) { iterations(${order}) { edges { cursor } pageInfo { startCursor } } } }`),
        );
      },
    );
    await planted('attribution.strategies', 'strategy_id = 2', ['created_at'], value, async () => {
      const failed = await send('{ strategies { nodes { id createdAt } } }');
      expect(failed).toMatchObject({ status: 409, errors: [refused('Strategy', '2', 'created_at')] });
      expectClean(await send('{ strategies(orderBy: {field: CREATED_AT, direction: DESC}) { edges { cursor } } }'));
    });
  });

  test('in groups: keys and totals', async () => {
    await planted(gold, "event_id = 'e0003'", ['converted_at'], value, async () => {
      for (const dimension of ['DAY', 'HOUR', 'GOAL']) {
        for (const order of ['KEY', 'CONVERSIONS']) {
          const answer = await send(
            `{ metrics(groupBy: [${dimension}], first: 1000, orderBy: {field: ${order}, direction: ASC}) {
                nodes { day hour metrics { firstConversionAt lastConversionAt } drillDown { nodes { id } } }
                pageInfo { startCursor endCursor } totals { firstConversionAt lastConversionAt } } }`,
          );
          expect(answer.status).toBe(200);
          expectClean(answer);
          const { nodes } = answer.data.metrics as {
            nodes: { day: unknown; hour: unknown; drillDown: { nodes: unknown[] } }[];
          };
          for (const node of nodes) {
            expect(node.drillDown.nodes.length).toBeGreaterThan(0);
            if (node.day !== null) expect(node.day).toMatch(day);
            if (node.hour !== null) expect(node.hour).toMatch(dateTime);
          }
          // The group of the odd time has no cursor, wherever it is.
          const edges = await send(
            `{ metrics(groupBy: [${dimension}], first: 1000, orderBy: {field: ${order}, direction: ASC}) { edges { cursor } } }`,
          );
          expectClean(edges);
          expect(edges.errors?.length ?? 0).toBe(dimension === 'GOAL' ? 0 : 1);
        }
      }
    });
    const attributed =
      'iteration_id = 100 and conversion_day = (select min(conversion_day) from attribution.iteration_metrics_daily where iteration_id = 100)';
    const { rows } = await sql(
      `select cast(conversion_day as varchar) as day from attribution.iteration_metrics_daily where ${attributed}`,
    );
    const only = `iteration_id = 100 and conversion_day = '${rows[0]?.day}'`;
    const oddDay = value.replace(/ .*?( BC)?$/, '$1');
    await planted('attribution.iteration_metrics_daily', only, ['conversion_day'], oddDay, async () => {
      const answer = await send('{ iteration(id: 100) { daily { day metrics { conversions } } } }');
      expect(answer).toMatchObject({ errors: [refused('Iteration', '100', 'day of a conversion')] });
      expectClean(answer);
      expect(await send('{ iteration(id: 100) { daily { metrics { conversions clicks } } } }')).toMatchObject({
        status: 200,
      });
    });
  });

  test('in the build and the mirror: unknown, which counts as stale', async () => {
    const columns = ['as_of', 'finished_at', 'mirror_refreshed_at', 'events_loaded_through', 'clicks_loaded_through'];
    await planted('attribution.attribution_builds', 'build_number = 1', columns, value, async () => {
      const fields = 'asOf builtAt mirrorRefreshedAt eventsLoadedThrough clicksLoadedThrough lagSeconds finalThrough';
      const answer = await send(`{ dataStatus { build ${fields} isStale staleReasons } }`);
      expect(answer).toMatchObject({
        status: 200,
        data: { dataStatus: { build: 'build-1', isStale: true, lagSeconds: null, finalThrough: null } },
        extensions: { data: { build: 'build-1', asOf: null, mirrorRefreshedAt: null, eventsLoadedThrough: null } },
      });
      expect(answer.errors).toBeUndefined();
      const { staleReasons, isStale, build, ...times } = answer.data.dataStatus as Record<string, unknown>;
      expect(Object.values(times)).toEqual(Array(7).fill(null));
      expect(staleReasons).toEqual(Array(4).fill(expect.stringContaining('has an unknown age')));
      expect([isStale, build]).toEqual([true, 'build-1']);
    });
    await planted('adsuite_mirror.refreshes', "view_name = 'iterations'", ['started_at'], value, async () => {
      expect(await send('{ dataStatus { mirror { table refreshedAt } } }')).toMatchObject({
        status: 200,
        data: { dataStatus: { mirror: [{ refreshedAt: smallWorldAsOf }, { table: 'iterations', refreshedAt: null }] } },
      });
    });
  });
});
