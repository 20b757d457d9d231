import { expect, test } from 'vitest';
import { lintStatements, requireComplete, type SentStatement } from '../../scripts/check-dbt/statements.ts';

const node = (resource_type: string, materialized: string, ...tags: string[]) => ({
  ...{ resource_type, tags },
  config: { materialized },
});

const manifest = {
  nodes: {
    view: node('model', 'view'),
    table: node('model', 'table'),
    incremental: node('model', 'incremental'),
    test: node('test', 'test'),
    expensive: node('test', 'test', 'expensive'),
    start: { ...node('operation', 'view'), raw_code: '{{ take_lease() }}' },
    end: { ...node('operation', 'view'), raw_code: '{{ end_lease(results) }}' },
  },
};

const send = (name: string, sql: string): SentStatement => ({ node: name, sql: `/* {"app": "dbt"} */\n${sql}` });
const created = (name: string) => send(name, `create  table x as (select 1)`);
const view = send('view', 'create view x as (select 1) with no schema binding');
const start: SentStatement = { node: null, sql: 'update "attribution".run_lease\nset\n  taken_at = getdate()' };
const end: SentStatement = { node: null, sql: 'update "attribution".run_lease set expires_at = null' };
const count = (name: string) => send(name, 'select count(*) as failures from x');

const sent = {
  first: [start, end, view, created('table'), created('incremental'), count('test')],
  again: [start, end, view, created('table'), send('incremental', 'insert into x (select 1)'), count('test')],
  tests: [count('expensive')],
};

const silent = () => undefined;

test('a statement for each node and run is complete', () => {
  const lines: string[] = [];
  requireComplete(manifest, sent, (line) => lines.push(line));
  expect(lines).toEqual(['  13 statements that the manifest requires were sent']);
});

test.each(
  (['first', 'again', 'tests'] as const).flatMap((run) => sent[run].map((statement) => [run, statement] as const)),
)('a statement that is missing from %s is reported: %o', (run, statement) => {
  const without = { ...sent, [run]: sent[run].filter((each) => each !== statement) };
  expect(() => requireComplete(manifest, without, silent)).toThrow(
    new RegExp(`^Statements are missing:\\n${statement.node ?? '(start|end)'}: no .* \\(${run}\\)$`),
  );
});

test('an incremental model that is created again is reported', () => {
  const again = sent.again.map((each) => (each.node === 'incremental' ? created('incremental') : each));
  expect(() => requireComplete(manifest, { ...sent, again }, silent)).toThrow('incremental: no /^insert into');
});

test('a node of another type and an empty manifest are reported', () => {
  const nodes = { ...manifest.nodes, seed: node('seed', 'seed') };
  expect(() => requireComplete({ nodes }, sent, silent)).toThrow('seed: there is no rule for what a seed sends');
  expect(() => requireComplete({ nodes: {} }, sent, silent)).toThrow('The manifest has no models and tests.');
});

test('a statement that Redshift refuses is reported with its node', () => {
  lintStatements([view], silent);
  expect(() => lintStatements([{ ...end, sql: `${end.sql} returning build_id` }], silent)).toThrow(
    /^a hook of the run/,
  );
  const refused = send('table', 'create table x as (select distinct on (a) a, b from y)');
  expect(() => lintStatements([view, refused], silent)).toThrow(/^table/);
});
