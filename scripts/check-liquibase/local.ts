import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localParameters } from '../../local/adsuite.ts';
import { attempt, attempts, catalogOf, columnsIn } from '../../local/catalog.ts';
import { type PostgresConnection, withClient } from '../../local/postgres/server.ts';
import type { PostgresServer } from '../../local/postgres/temporary.ts';
import { applyBuiltIn, rollBackBuiltIn } from '../liquibase/built-in.ts';
import { type ChangelogRun, completeParameters, readChangelog } from '../liquibase/changelog.ts';
import { applyChangelog, rollBackChangelog } from '../liquibase/index.ts';
import { expectFailure, step } from './steps.ts';

/** Runs update and rollback twice with Liquibase on a PostgreSQL, then once with the built-in runner. */
export async function checkLocal(adsuite: PostgresConnection, server: PostgresServer, java: string): Promise<void> {
  const warehouse = await server.createDatabase('warehouse');
  const printed: string[] = [];
  const report = (line: string) => {
    printed.push(line);
    console.log(line);
  };
  const run: ChangelogRun = { connection: warehouse, context: 'local', parameters: localParameters(adsuite), report };
  const recorder = recordJava(java);
  const empty = await catalogOf(warehouse);

  await step('update', () => applyChangelog(run));
  const updated = await catalogOf(warehouse);
  await step('a second update runs only the guard of the rollback', async () => {
    await applyChangelog(run);
    assert.match(printed.join('\n'), /Run: +1\nPreviously run: +43\n/);
    assert.deepEqual(await catalogOf(warehouse), updated);
  });
  await step('the lock of a killed run is freed', async () => {
    await withClient(warehouse, (client) => client.query('update databasechangeloglock set locked = true'));
    await applyChangelog(run);
  });
  await step('the mirror', () => checkMirror(adsuite, warehouse));
  await step('the rights of each user', () => checkRights(run));
  await step('a changed password is set, any other edit is refused', async () => {
    const changed = { ...run, parameters: { ...run.parameters, servicePassword: 'new-secret' } };
    await applyChangelog(changed);
    await withClient({ ...warehouse, user: 'attribution_service', password: 'new-secret' }, async () => {});
    const edited = { ...run, parameters: { ...run.parameters, adsuiteSchema: 'elsewhere' } };
    await expectFailure(() => applyChangelog(edited), /2 changesets check sum/);
  });
  await step('a rollback is refused while dbt models exist', async () => {
    await withClient(warehouse, (client) => client.query('create view attribution.model as select 1 as one'));
    await expectFailure(() => rollBackChangelog(run), /nothing was rolled back: 1 tables and views/);
    await withClient(warehouse, (client) => client.query('drop view attribution.model'));
    assert.deepEqual(await catalogOf(warehouse), updated);
  });
  await step('rollback to an empty database', async () => {
    await rollBackChangelog(run);
    assert.deepEqual(await catalogOf(warehouse), empty);
  });
  await step('update after the rollback', async () => {
    await applyChangelog(run);
    assert.deepEqual(await catalogOf(warehouse), updated);
    await checkMirror(adsuite, warehouse);
  });
  await step('rollback', () => rollBackChangelog(run));
  await step('passwords are neither printed nor passed as arguments', async () => {
    const calls = recorder.calls();
    const secrets = Object.entries(run.parameters).flatMap(([name, value]) => (/password/i.test(name) ? [value] : []));
    assert.equal(secrets.length, 4);
    for (const secret of [...secrets, 'new-secret']) assert.ok(!(printed.join('\n') + calls).includes(secret));
    const files = calls.split('\n').filter((line) => line.endsWith('liquibase.properties') && !line.startsWith('--'));
    assert.ok(files.length > 0 && files.every((line) => line.startsWith('-rw------- ')));
  });
  recorder.stop();
  await step('the built-in runner creates the same catalog', async () => {
    const connection = await server.createDatabase('built_in');
    const changelog = readChangelog();
    const complete = { ...run, connection, parameters: completeParameters(changelog, 'local', run.parameters) };
    await applyBuiltIn(changelog, complete);
    assert.deepEqual(await catalogOf(connection), updated);
    await rollBackBuiltIn(changelog, complete);
    assert.deepEqual(await catalogOf(connection), empty);
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
    console.log(`The refresh brought iteration ${id}; columns are bigint, varchar(1024) and timestamptz`);
  });
}

async function checkRights({ connection, parameters }: ChangelogRun): Promise<void> {
  for (const each of attempts) {
    const fault = await attempt(connection, parameters, each);
    if (fault !== null) throw new Error(fault);
    console.log(`${each.refused ? 'refused' : 'allowed'}  ${each.user}: ${each.sql}`);
  }
}

/** Sets JAVA_HOME to a wrapper that records its arguments and the rights on its files, and then runs the real Java. */
function recordJava(realJava: string): { calls(): string; stop(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'attribution-java-'));
  const log = join(folder, 'calls');
  mkdirSync(join(folder, 'bin'));
  writeFileSync(log, '');
  writeFileSync(
    join(folder, 'bin/java'),
    `#!/bin/sh
printf '%s\\n' "$@" >> '${log}'
for argument in "$@"; do
  case "$argument" in --defaults-file=*) ls -l "\${argument#--defaults-file=}" >> '${log}' ;; esac
done
exec '${realJava}' "$@"
`,
  );
  chmodSync(join(folder, 'bin/java'), 0o755);
  const before = process.env.JAVA_HOME;
  process.env.JAVA_HOME = folder;
  return {
    calls: () => readFileSync(log, 'utf8'),
    stop: () => {
      if (before === undefined) delete process.env.JAVA_HOME;
      else process.env.JAVA_HOME = before;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
