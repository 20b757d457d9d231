import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { withClient } from '../../local/postgres/server.ts';
import { type PostgresServer, startPostgres } from '../../local/postgres/temporary.ts';
import { startProxy } from '../../local/tcp-proxy.ts';
import { type Ledger, type LedgerOptions, migrateLedger } from '../../src/db/ledger/connect.ts';
import { type LedgerTarget, titleOf } from '../../src/db/ledger/target.ts';
import { LedgerUnavailable } from '../../src/errors.ts';
import {
  endOf,
  everyRow,
  newRun,
  openTestLedger,
  plannedRow,
  plannedRows,
  query,
  recordingOf,
  recordRun,
} from '../support/ledgers.ts';
import { makeAuthority } from '../support/network.ts';

// Connections to a PostgreSQL server, as a user that owns nothing yet.
const secret = 'correct horse';
const folder = mkdtempSync(join(tmpdir(), 'ledger-tls-'));
const wrongAuthority = join(folder, 'wrong.pem');
const rightAuthority = join(folder, 'right.pem');
let server: PostgresServer;
let databases = 0;
beforeAll(async () => {
  const authority = await makeAuthority('Ledger authority');
  writeFileSync(rightAuthority, authority.pem);
  writeFileSync(wrongAuthority, (await makeAuthority('Another authority')).pem);
  server = await startPostgres([], await authority.issue([{ type: 'ip', value: '127.0.0.1' }]));
  await withClient(server.connection, (client) => client.query(`create role keeper login password '${secret}'`));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const opened: Ledger[] = [];
const faults: string[] = [];
afterEach(async () => {
  for (const ledger of opened.splice(0)) await ledger.close();
  faults.length = 0;
});

/** A new database in which the service's user may create a schema. */
async function newDatabase(): Promise<LedgerTarget> {
  const { host, port, database } = await server.createDatabase(`ledger_${databases++}`);
  await withClient(server.connection, (client) => client.query(`grant create on database ${database} to keeper`));
  return { dialect: 'postgres', host, port, database, login: { user: 'keeper', password: secret }, tls: null };
}

function open(target: LedgerTarget, options: Partial<LedgerOptions> = {}): Ledger {
  const ledger = openTestLedger(target, { onFault: (_name, fault) => faults.push(fault.explanation), ...options });
  opened.push(ledger);
  return ledger;
}

const owner = (target: LedgerTarget): LedgerTarget => ({
  ...target,
  login: { user: server.connection.user, password: server.connection.password },
});
const failure = (asked: Promise<unknown>) =>
  asked.then(
    () => null,
    (error: unknown) => error,
  );

describe('opening', () => {
  test('happens once, when the ledger is first used, and closing it closes what was opened', async () => {
    const target = await newDatabase();
    let reached = 0;
    const closed: string[] = [];
    const openTarget = async () => {
      reached += 1;
      return { target, close: async () => void closed.push('reached') };
    };
    const ledger = open(target, { openTarget });
    expect(reached).toBe(0);
    expect(await Promise.all([1, 2, 3].map(() => ledger.reads.countRuns({})))).toEqual([0, 0, 0]);
    expect(reached).toBe(1);
    await Promise.all([ledger.close(), ledger.close()]);
    expect(closed).toEqual(['reached']);
    await expect(ledger.reads.countRuns({})).rejects.toThrow();
    const unused = open(target, { openTarget });
    await unused.close();
    expect(reached).toBe(1);
  });

  test('migrates, unless that has been done before, as for a ledger that several threads open', async () => {
    const target = await newDatabase();
    const openTarget = async () => ({ target, isMigrated: true, close: async () => {} });
    const ledger = open(target, { openTarget });
    expect(await failure(ledger.reads.countRuns({}))).toMatchObject({ message: expect.stringContaining('push_runs') });
    const options = { waitMilliseconds: 10_000, statementMilliseconds: 60_000, onConnectionLost: () => {} };
    await migrateLedger(target, options);
    expect(await ledger.reads.countRuns({})).toBe(0);
  });

  test('that failed is retried', async () => {
    const target = await newDatabase();
    const broken = new Error('The embedded ledger is in use. Stop that process.');
    let isBroken = true;
    const openTarget = async () => {
      if (isBroken) throw broken;
      return { target, close: async () => {} };
    };
    const ledger = open(target, { openTarget });
    expect(await failure(ledger.reads.countRuns({}))).toMatchObject({ name: 'LedgerUnavailable', cause: broken });
    expect(faults).toEqual([broken.message]);
    isBroken = false;
    expect(await ledger.reads.countRuns({})).toBe(0);
  });

  test('that fails closes what was opened', async () => {
    const target = await newDatabase();
    let closed = 0;
    const close = async () => {
      closed += 1;
    };
    const login = { ...target.login, user: 'nobody' };
    const ledger = open(target, { openTarget: async () => ({ target: { ...target, login }, close }) });
    expect(await failure(ledger.reads.countRuns({}))).toBeInstanceOf(LedgerUnavailable);
    expect(closed).toBe(1);
  });

  test('works again after the server was unavailable', async () => {
    const target = await newDatabase();
    const proxy = await startProxy(target.port);
    const ledger = open({ ...target, port: proxy.port });
    expect(await ledger.reads.countRuns({})).toBe(0);
    await proxy.cut();
    expect(await failure(ledger.reads.countRuns({}))).toBeInstanceOf(LedgerUnavailable);
    expect(faults.at(-1)).toContain(
      `Nothing listens at 127.0.0.1:${proxy.port}. Check the host and port in LEDGER_URL`,
    );
    await proxy.restore();
    expect(await ledger.reads.countRuns({})).toBe(0);
    await ledger.close();
    await proxy.cut();
  });
});

describe('a session', () => {
  test('gets the settings that it needs, whatever the settings of the database are', async () => {
    const target = await newDatabase();
    for (const setting of [`timezone = 'Asia/Tokyo'`, `default_transaction_isolation = 'serializable'`, 'jit = on']) {
      await query(owner(target), `alter database ${target.database} set ${setting}`);
    }
    const ledger = open(target, { maxConnections: 1 });
    await recordRun(ledger, { id: 'a' }, plannedRows(1));
    const [run] = await ledger.reads.runsByIds(['a']);
    expect(run?.build.asOf).toBe('2026-02-03T04:05:06.000007Z');
    const sessions = await query(
      owner(target),
      `select distinct application_name as name from pg_stat_activity where usename = 'keeper' and datname = $1`,
      [target.database],
    );
    expect(sessions).toEqual([{ name: 'attribution-api' }]);
  });

  test('waits for a row that another session has locked, whatever the lock_timeout of the database is', async () => {
    const target = await newDatabase();
    await query(owner(target), `alter database ${target.database} set lock_timeout = 1`);
    const ledger = open(target);
    await recordRun(ledger, { id: 'a' }, plannedRows(1));
    const { login, ...address } = owner(target);
    const claimed = await withClient({ ...address, ...login }, async (other) => {
      await other.query('set lock_timeout = 0');
      await other.query('begin; lock table ledger.push_runs in exclusive mode');
      const claim = ledger.delivery.claim('one', 60_000).catch((error) => error);
      await vi.waitFor(
        async () => {
          const waiting = `select 1 from pg_locks join pg_database on pg_database.oid = database where not granted and datname = $1`;
          expect(await query(owner(target), waiting, [target.database])).toHaveLength(1);
        },
        { timeout: 5_000 },
      );
      await other.query('commit');
      return claim;
    });
    expect(claimed).toMatchObject({ runId: 'a' });
  });

  test('that is lost during a recording leaves no run, and frees the push lock', async () => {
    const target = await newDatabase();
    const ledger = open(target);
    const recording = await recordingOf(ledger.pushes, { id: 'a', idempotencyKey: 'key' });
    await recording.add(plannedRows(10));
    await query(
      owner(target),
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'keeper' and datname = $1 and state like 'idle in%'`,
      [target.database],
    );
    expect(await failure(recording.add([...plannedRows(12)].slice(10)))).toBeInstanceOf(LedgerUnavailable);
    await recording.rollback();
    expect(await ledger.reads.countRuns({})).toBe(0);
    await recordRun(ledger, { id: 'b', idempotencyKey: 'key' }, plannedRows(1));
  });

  test('gets no statement of the steps that follow a failed step of a recording', async () => {
    const target = await newDatabase();
    const ledger = open(target);
    const recording = await recordingOf(ledger.pushes, { id: 'a' });
    // The third id is not greater than the second.
    const rows = ['5', '6', '1', '7', '8'].map((id) => plannedRow(id));
    const ends = await Promise.allSettled(rows.map((row) => recording.add([row])));
    const [done, failed] = ['fulfilled', 'rejected'];
    expect(ends.map(({ status }) => status)).toEqual([done, done, failed, failed, failed]);
    await recording.rollback();
    expect(await query(owner(target), 'select iteration_id from ledger.push_rows')).toEqual([]);
    await recordRun(ledger, { id: 'b' }, plannedRows(1));
  });

  test('waits for the push lock only until its timeout', async () => {
    const target = await newDatabase();
    const first = open(target);
    const recording = await recordingOf(first.pushes, { id: 'a' });
    const second = open(target, { statementMilliseconds: 200 });
    expect(await failure(second.pushes.begin(newRun({ id: 'b' })))).toBeInstanceOf(LedgerUnavailable);
    expect(faults).toEqual([
      expect.stringContaining('The ledger cancelled the statement because it exceeded its time limit'),
    ]);
    await recording.commit(endOf('SUCCEEDED', 0));
    await recordRun(second, { id: 'b' }, plannedRows(1));
  });
});

describe('a fault names what to check, and contains no secret', () => {
  const cases: readonly (readonly [string, Partial<LedgerTarget>, RegExp])[] = [
    [
      'a wrong password',
      { login: { user: 'keeper', password: 'secret' } },
      /rejected the login of user keeper.*LEDGER_PASSWORD/,
    ],
    ['an unknown database', { database: 'lost' }, /database lost does not exist .*LEDGER_URL/],
    ['an unknown host', { host: 'ledger.invalid' }, /host name ledger\.invalid (does not exist|failed)/],
    ['an authority that is not trusted', { tls: { caFile: wrongAuthority } }, /does not trust.*LEDGER_CA/],
    [
      'a file of authorities that is not there',
      { tls: { caFile: join(folder, 'lost.pem') } },
      /LEDGER_CA can't be read: ENOENT/,
    ],
    ['the authorities that Node brings', { tls: { caFile: null } }, /does not trust.*LEDGER_CA/],
  ];
  test.each(cases)('%s', async (_what, difference, words) => {
    const ledger = open({ ...(await newDatabase()), ...difference });
    const error = await failure(ledger.reads.countRuns({}));
    expect(error).toBeInstanceOf(LedgerUnavailable);
    expect(faults[0]).toMatch(words);
    expect(JSON.stringify([faults, String(error)])).not.toMatch(/secret|horse/);
  });

  test('a missing right', async () => {
    const target = await newDatabase();
    await query(owner(target), `revoke create on database ${target.database} from keeper`);
    expect(await failure(open(target).reads.countRuns({}))).toBeInstanceOf(LedgerUnavailable);
    expect(faults[0]).toMatch(/user keeper lacks a right: .*must own the schema ledger/);
    // A schema that an administrator created for the user is enough.
    await query(owner(target), 'create schema ledger authorization keeper');
    expect(await open(target).reads.countRuns({})).toBe(0);
  });

  test('a read-only server', async () => {
    const target = await newDatabase();
    const ledger = open(target);
    await ledger.reads.countRuns({});
    await query(owner(target), `alter role keeper set default_transaction_read_only = on`);
    onTestFinished(async () => {
      await query(owner(target), 'alter role keeper reset default_transaction_read_only');
    });
    const late = open(target);
    expect(await failure(late.pushes.begin(newRun({ id: 'a' })))).toBeInstanceOf(LedgerUnavailable);
    expect(faults[0]).toMatch(/is read-only/);
  });

  test('all connections in use', async () => {
    const target = await newDatabase();
    const ledger = open(target, { maxConnections: 4, waitMilliseconds: 300 });
    await ledger.reads.countRuns({});
    const { login, ...address } = owner(target);
    await withClient({ ...address, ...login }, async (other) => {
      await other.query('begin; lock table ledger.push_runs in access exclusive mode');
      const first = ledger.reads.countRuns({});
      expect(await failure(ledger.reads.countRuns({}))).toBeInstanceOf(LedgerUnavailable);
      expect(faults[0]).toContain('(LEDGER_CONNECTIONS) are in use');
      await other.query('commit');
      expect(await first).toBe(0);
    });
  });

  test('the title contains no secret', async () => {
    const target = await newDatabase();
    expect(titleOf(target)).toBe(`PostgreSQL at 127.0.0.1:${target.port}, database ${target.database}, as user keeper`);
  });
});

test('an encrypted connection with a valid certificate', async () => {
  const target = { ...(await newDatabase()), tls: { caFile: rightAuthority } };
  await recordRun(open(target), { id: 'a' }, plannedRows(1));
  const sessions = await query(
    owner(target),
    `select ssl from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'keeper' and datname = $1`,
    [target.database],
  );
  expect(sessions).toEqual([{ ssl: true }]);
});

describe('several services on one ledger', () => {
  const outcomes = [
    ['RUNNING', 'busy'],
    ['REFUSED', 'recording'],
  ] as const;
  test.each(outcomes)('a push waits while another is recorded: after %s it is %s', async (state, kind) => {
    const target = await newDatabase();
    const first = await recordingOf(open(target).pushes, { id: 'a' });
    await first.add(plannedRows(2));
    const second = open(target).pushes.begin(newRun({ id: 'b' }));
    await vi.waitFor(
      async () => {
        const waiting = await query(
          owner(target),
          `select 1 from pg_locks join pg_database on pg_database.oid = database
           where locktype = 'advisory' and not granted and datname = $1`,
          [target.database],
        );
        expect(waiting).toHaveLength(1);
      },
      { timeout: 20_000 },
    );
    await first.commit(endOf(state, 2));
    const begun = await second;
    expect(begun.kind).toBe(kind);
    if (begun.kind === 'recording') await begun.recording.rollback();
    else expect(begun).toMatchObject({ runId: 'a' });
  });

  test('take over a run from each other, and every row gets one result', async () => {
    const target = await newDatabase();
    const rows = 60;
    const ledgers = [1, 2, 3].map(() => open(target));
    await recordRun(ledgers[0] as Ledger, { id: 'a' }, plannedRows(rows));
    // Each lease ends at once, so the workers keep taking over the run. A worker without the lease can't write.
    const work = async ({ delivery }: Ledger, index: number) => {
      for (;;) {
        const lease = await delivery.claim(`worker ${index}`, 0);
        if (!lease) {
          const [run] = await (ledgers[index] as Ledger).reads.runsByIds(['a']);
          if (run?.state !== 'RUNNING') return;
          continue;
        }
        const batch = await delivery.nextBatch(lease, []);
        if (!batch) {
          if ((await delivery.progress(lease)).openBatches === 0) await delivery.finish(lease, 'done', null);
          continue;
        }
        await delivery.recordAttempt(lease, batch);
        const [first, ...others] = batch.rows.map(({ iterationId }) => ({
          iterationId,
          state: 'ACCEPTED' as const,
          code: null,
          message: null,
        }));
        const answered = others.length > 1 && first ? [first] : first ? [first, ...others] : [];
        await delivery.settle(lease, batch, answered);
      }
    };
    await Promise.all(ledgers.map(work));
    const [run] = await (ledgers[0] as Ledger).reads.runsByIds(['a']);
    expect(run).toMatchObject({
      state: 'SUCCEEDED',
      counts: { planned: rows, accepted: rows, pending: 0 },
      sent: rows,
    });
    const standing = await everyRow(ledgers[0] as Ledger, 'a', null, 1_000);
    expect(standing.map((row) => row.state)).toEqual(new Array(rows).fill('ACCEPTED'));
    const [counted] = await query<{ results: string; receipts: string; open: string }>(
      owner(target),
      `select (select count(*) from ledger.push_results) as results, (select count(*) from ledger.push_receipts) as receipts,
        (select count(*) from ledger.push_batches where not is_done) as open`,
    );
    expect(counted).toEqual({ results: String(rows), receipts: String(rows), open: '0' });
  });

  test('counts stay right when several workers settle batches at once', async () => {
    const target = await newDatabase();
    // Eleven of them for delivery.
    const ledger = open(target, { maxConnections: 32 });
    await recordRun(ledger, { id: 'a' }, plannedRows(120));
    const lease = await ledger.delivery.claim('one', 60_000);
    if (!lease) throw new Error('no running run');
    const taken: number[] = [];
    const worker = async () => {
      for (;;) {
        const batch = await ledger.delivery.nextBatch(lease, taken);
        if (!batch) return;
        if (taken.includes(batch.number)) continue;
        taken.push(batch.number);
        await ledger.delivery.recordAttempt(lease, batch);
        // One row of the batch is left for another batch each time.
        const answered = batch.rows.filter((_, index) => batch.rows.length < 3 || index > 0);
        const results = answered.map(({ iterationId }) => ({
          iterationId,
          state: 'ACCEPTED' as const,
          code: null,
          message: null,
        }));
        await ledger.delivery.settle(lease, batch, results);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    while ((await ledger.delivery.progress(lease)).openBatches > 0) await worker();
    const [run] = await ledger.reads.runsByIds(['a']);
    expect(run).toMatchObject({ counts: { accepted: 120, pending: 0 }, sent: 120 });
    expect(await ledger.delivery.finish(lease, 'done', null)).toBe('SUCCEEDED');
  });
});
