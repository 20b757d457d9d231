import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import nunjucks from 'nunjucks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openPglite, project, projectFolder, type Store } from '../support/dbt.ts';

/** What only Redshift gets: no other test runs it. `npm run check:dbt` parses it, but does not know what it means. */
function render(template: string, globals: Readonly<Record<string, unknown>> = {}): string {
  const environment = new nunjucks.Environment(null, { autoescape: false, throwOnUndefined: true });
  for (const [name, value] of Object.entries({ target: { type: 'redshift' }, ...globals }))
    environment.addGlobal(name, value);
  return environment.renderString(template, {}).replaceAll(/\s+/g, ' ').trim();
}

const macros = (file: string) => readFileSync(join(projectFolder, 'macros', file), 'utf8');

test('microseconds go from the first instant to the second, in UTC, and the clock has a time zone', () => {
  expect(render(`${macros('time.sql')}{{ microseconds_between('a', 'b') }}`)).toBe(
    "cast(datediff(microsecond, (a) at time zone 'UTC', (b) at time zone 'UTC') as bigint)",
  );
  expect(render(`${macros('time.sql')}{{ current_instant() }}`)).toBe('cast(getdate() as timestamptz)');
});

describe('the time of the older refresh', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openPglite();
    await store.query(`insert into adsuite_mirror.refreshes values
      ('strategies', '2026-01-07T15:00:00Z', '2026-01-07T16:00:00Z'),
      ('iterations', '2026-01-04T15:00:00.000001Z', '2026-01-08T00:00:00Z')`);
  });
  afterAll(() => store.close());

  /** What the macro writes if the warehouse answers `refreshedAt`, and the queries that it sends. */
  function rendered(command: string, refreshedAt: unknown = null) {
    const queries: string[] = [];
    const run_query = (sql: string) => {
      queries.push(sql);
      return { rows: [[refreshedAt]] };
    };
    const globals = { execute: true, flags: { WHICH: command }, run_query };
    const text = render(`${macros('mirror.sql')}{{ mirror_refreshed_at('adsuite_mirror.refreshes') }}`, globals);
    return { text, queries };
  }

  test.each(['build', 'run', 'retry'])(
    'dbt %s queries it separately, and writes it to the microsecond',
    async (command) => {
      const [query = ''] = rendered(command).queries;
      const { rows } = await store.query(query);
      const refreshedAt = Object.values(rows[0] ?? {})[0];
      expect(refreshedAt).toBe('2026-01-04 15:00:00.000001');
      expect(rendered(command, refreshedAt).text).toBe("cast('2026-01-04 15:00:00.000001+00' as timestamptz)");
      expect(rendered(command, null).text).toBe('cast(null as timestamptz)');
    },
  );

  test.each(['compile', 'test', 'generate'])('dbt %s does not query it', (command) => {
    expect(rendered(command)).toEqual({ text: 'cast(null as timestamptz)', queries: [] });
  });
});

interface Sources {
  readonly sources: readonly {
    readonly name: string;
    readonly tables: readonly {
      readonly name: string;
      readonly config?: { readonly freshness?: { readonly filter?: string } };
    }[];
  }[];
}

test('a freshness filter has the same conditions on Redshift as on PostgreSQL, but for the clock', () => {
  const watched = project.sources.filter(({ freshness }) => freshness?.filter?.includes('now()'));
  expect(watched.map(({ table }) => table).sort()).toEqual(['clicks', 'events']);
  for (const { file, source, table, freshness } of watched) {
    const { sources } = parse(readFileSync(join(projectFolder, file), 'utf8')) as Sources;
    const tables = sources.find(({ name }) => name === source)?.tables;
    const filter = render(tables?.find(({ name }) => name === table)?.config?.freshness?.filter ?? '');
    expect(filter.replaceAll('cast(getdate() as timestamptz)', 'now()'), table).toBe(freshness?.filter);
    expect(filter, table).not.toContain('now()');
  }
});
