import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../local/postgres/temporary.ts';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import {
  everyReceipt,
  everyRow,
  newRun,
  openLedgerIn,
  openTestLedger,
  plannedRows,
  recordRun,
} from '../support/ledgers.ts';
import type { Death } from './child.ts';

// A process is killed while it writes: an uncommitted run is not there, a committed one is complete.
const root = mkdtempSync(join(tmpdir(), 'ledger-crash-'));
let server: PostgresServer;
beforeAll(async () => {
  // With fsync, which the other tests' servers turn off.
  server = await startPostgres(['-c', 'fsync=on']);
});
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true, force: true });
});

const rows = 2_000;

/** Runs the child process until it kills itself. */
async function die(options: Readonly<Record<string, unknown>>): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), JSON.stringify({ rows, ...options })], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = await once(child, 'close');
  expect({ code, signal, stderr }).toEqual({ code: null, signal: 'SIGKILL', stderr: '' });
}

/** Checks what another process finds in the same data. */
async function checkAfter(runId: string, dieAt: Death, ledger: Ledger): Promise<void> {
  const isThere = ['committed', 'attempted', 'settled'].includes(dieAt);
  const [run] = await ledger.reads.runsByIds([runId]);
  if (!isThere) {
    expect(run).toBeUndefined();
    expect(await everyRow(ledger, runId)).toEqual([]);
    // The idempotency key and the push lock are free.
    await recordRun(ledger, { id: runId, idempotencyKey: runId }, plannedRows(2));
  } else {
    expect(run).toMatchObject({ state: 'RUNNING', counts: { planned: rows, accepted: dieAt === 'settled' ? 100 : 0 } });
    expect(run).toMatchObject({ sent: dieAt === 'committed' ? 0 : 100, attempts: dieAt === 'committed' ? 0 : 1 });
    expect(await everyRow(ledger, runId, null, 1_000)).toHaveLength(rows);
    expect(await ledger.pushes.begin(newRun({ id: 'x', idempotencyKey: runId }))).toMatchObject({
      kind: 'known',
      runId,
    });
    expect((await everyReceipt(ledger)).filter((receipt) => receipt.runId === runId)).toHaveLength(
      dieAt === 'settled' ? 100 : 0,
    );
  }
  // The next worker continues.
  const lease = await ledger.delivery.claim('next', 60_000);
  expect(lease?.runId).toBe(runId);
  const batch = lease && (await ledger.delivery.nextBatch(lease, []));
  expect(batch?.rows[0]?.iterationId).toBe(dieAt === 'settled' ? '101' : '1');
  if (lease) expect(await ledger.delivery.finish(lease, 'gave up', null)).toMatch(/FAILED|PARTIAL/);
}

const deaths: readonly Death[] = ['begun', 'half', 'whole', 'committed', 'attempted', 'settled'];

describe('on PostgreSQL', () => {
  let target: LedgerTarget;
  beforeAll(async () => {
    const { host, port, user, password, database } = await server.createDatabase('crash');
    target = { dialect: 'postgres', host, port, database, login: { user, password }, tls: null };
  });

  test.each(deaths)('killed when %s', async (dieAt) => {
    await die({ target, runId: dieAt, dieAt });
    const ledger = openTestLedger(target);
    await checkAfter(dieAt, dieAt, ledger);
    await ledger.close();
  });
});

describe('embedded, in a folder that the next process opens', () => {
  test.each(deaths)('killed when %s', async (dieAt) => {
    const dataDir = join(root, 'embedded');
    await die({ dataDir, runId: dieAt, dieAt });
    const ledger = openLedgerIn(dataDir);
    await checkAfter(dieAt, dieAt, ledger);
    await ledger.close();
  });
});
