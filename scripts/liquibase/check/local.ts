import assert from 'node:assert/strict';
import { type PostgresConnection, withClient } from '../../../local/postgres/client.ts';
import type { PostgresServer } from '../../../local/postgres/temporary.ts';
import { localParameters } from '../../../test/support/adsuite.ts';
import { catalogOf, columnsIn } from '../../../test/support/catalog.ts';
import { attempt, attempts } from '../../../test/support/rights.ts';
import { readChangelog } from '../changelog.ts';
import { applyChangelog, type ChangelogRun, rollBackChangelog } from '../index.ts';
import { completeParameters } from '../parameters.ts';
import { applyPlain, rollBackPlain } from '../plain.ts';
import { recordJava } from './recorder.ts';
import { refusal, step } from './steps.ts';

/** Liquibase on a PostgreSQL, from nothing to nothing twice, and the plain reader beside it. */
export async function checkLocal(adsuite: PostgresConnection, server: PostgresServer, java: string): Promise<void> {
  const warehouse = await server.createDatabase('warehouse');
  const said: string[] = [];
  const report = (line: string) => {
    said.push(line);
    console.log(line);
  };
  const run: ChangelogRun = { connection: warehouse, context: 'local', parameters: localParameters(adsuite), report };
  const recorder = recordJava(java);
  const nothing = await catalogOf(warehouse);

  await step('update', () => applyChangelog(run));
  const updated = await catalogOf(warehouse);
  await step('update again: nothing is left to do but the guard', async () => {
    await applyChangelog(run);
    assert.match(said.join('\n'), /Run: +1\nPreviously run: +43\n/);
    assert.deepEqual(await catalogOf(warehouse), updated);
  });
  await step('a lock that a killed run left behind is freed', async () => {
    await withClient(warehouse, (client) => client.query('update databasechangeloglock set locked = true'));
    await applyChangelog(run);
  });
  await step('the mirror', () => checkMirror(adsuite, warehouse));
  await step('what each user may and may not do', () => checkRights(run));
  await step('a changed password is set, another edit is refused', async () => {
    const changed = { ...run, parameters: { ...run.parameters, servicePassword: 'new-secret' } };
    await applyChangelog(changed);
    await withClient({ ...warehouse, user: 'attribution_service', password: 'new-secret' }, async () => {});
    const edited = { ...run, parameters: { ...run.parameters, adsuiteSchema: 'elsewhere' } };
    await refusal(() => applyChangelog(edited), /2 changesets check sum/);
  });
  await step('a rollback is refused while a model of dbt stands', async () => {
    await withClient(warehouse, (client) => client.query('create view attribution.model as select 1 as one'));
    await refusal(() => rollBackChangelog(run), /nothing was rolled back: 1 tables and views/);
    await withClient(warehouse, (client) => client.query('drop view attribution.model'));
    assert.deepEqual(await catalogOf(warehouse), updated);
  });
  await step('rollback: nothing is left', async () => {
    await rollBackChangelog(run);
    assert.deepEqual(await catalogOf(warehouse), nothing);
  });
  await step('update after the rollback', async () => {
    await applyChangelog(run);
    assert.deepEqual(await catalogOf(warehouse), updated);
    await checkMirror(adsuite, warehouse);
  });
  await step('rollback', () => rollBackChangelog(run));
  await step('no password was printed or passed as an argument', async () => {
    const calls = recorder.calls();
    const secrets = Object.entries(run.parameters).flatMap(([name, value]) => (/password/i.test(name) ? [value] : []));
    assert.equal(secrets.length, 4);
    for (const secret of [...secrets, 'new-secret']) assert.ok(!(said.join('\n') + calls).includes(secret));
    const files = calls.split('\n').filter((line) => line.endsWith('liquibase.properties') && !line.startsWith('--'));
    assert.ok(files.length > 0 && files.every((line) => line.startsWith('-rw------- ')));
  });
  recorder.stop();
  await step('the plain reader makes the same catalog', async () => {
    const connection = await server.createDatabase('plain');
    const changelog = readChangelog();
    const complete = { ...run, connection, parameters: completeParameters(changelog, 'local', run.parameters) };
    await applyPlain(changelog, complete);
    assert.deepEqual(await catalogOf(connection), updated);
    await rollBackPlain(changelog, complete);
    assert.deepEqual(await catalogOf(connection), nothing);
  });
}

async function checkMirror(adsuite: PostgresConnection, warehouse: PostgresConnection): Promise<void> {
  const strategies = ['id bigint', 'name character varying(1024)', 'tune_offer_id bigint'];
  const iterations = ['iteration_id bigint', 'strategy_id bigint', 'name character varying(1024)'];
  const createdAt = 'created_at timestamp with time zone';
  assert.deepEqual(await columnsIn(warehouse, 'adsuite_mirror.strategies'), [...strategies, createdAt]);
  assert.deepEqual(await columnsIn(warehouse, 'adsuite_mirror.iterations'), [...iterations, createdAt]);
  const id = await withClient(adsuite, async (client) => {
    const { rows } = await client.query(
      `insert into iterations (iteration_id, strategy_id, created_at)
       select max(iteration_id) + 1, 1, '2026-02-01T00:00:00Z' from iterations returning iteration_id`,
    );
    return rows[0].iteration_id;
  });
  await withClient(warehouse, async (client) => {
    const mirrored = 'select 1 from adsuite_mirror.iterations where iteration_id = $1';
    assert.equal((await client.query(mirrored, [id])).rowCount, 0);
    await client.query('set session authorization attribution_airflow');
    await client.query(`call adsuite_mirror.refresh('iterations')`);
    await client.query('reset session authorization');
    assert.equal((await client.query(mirrored, [id])).rowCount, 1);
    const { rows } = await client.query(
      `select view_name, started_at <= finished_at as in_order from adsuite_mirror.refreshes order by finished_at`,
    );
    assert.deepEqual(rows.at(-1), { view_name: 'iterations', in_order: true });
    console.log(`iteration ${id} came with the refresh; columns are bigint, varchar(1024) and timestamptz`);
  });
}

async function checkRights({ connection, parameters }: ChangelogRun): Promise<void> {
  for (const one of attempts) {
    const fault = await attempt(connection, parameters, one);
    if (fault) throw new Error(fault);
    console.log(`${one.refused ? 'refused' : 'allowed'}  ${one.user}: ${one.sql}`);
  }
}
