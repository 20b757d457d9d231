import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PostgresServer } from '../../local/postgres/temporary.ts';
import { type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { sharedPostgres } from '../support/databases.ts';
import { askPush, heldOf } from '../support/push-api.ts';
import { expectHeld, token } from '../support/push-stages.ts';
import { pushEnvironment, send, start, writePushWorld } from '../support/service.ts';

const count = 5;

vi.setConfig({ testTimeout: 180_000 });

/** Debian's package faketime: changes the wall clock of a process while it runs, but not its monotonic clock. */
function faketime(): string {
  const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
  if (library === undefined)
    throw new Error("this test needs libfaketime: apt-get install faketime (Debian's package)");
  return library;
}

describe('a service whose clock is set by an hour while a push waits', () => {
  const folder = mkdtempSync(join(tmpdir(), 'attribution-clock-'));
  const offset = join(folder, 'offset');
  let postgres: PostgresServer;
  let sandbox: Sandbox;
  beforeAll(() => {
    postgres = sharedPostgres();
  });
  afterAll(async () => {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    writeFileSync(offset, '+0');
    sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
  });
  afterEach(() => sandbox.close());

  // The embedded ledger has the clock of the service.
  test.each([
    ['forward', '+1h', 'embedded'],
    ['back', '-1h', 'embedded'],
    ['forward', '+1h', 'PostgreSQL'],
    ['back', '-1h', 'PostgreSQL'],
  ])('%s (%s) neither ends nor delays it, with a ledger that is %s', async (_, jump, kind) => {
    const ledger = kind === 'embedded' ? null : await postgres.createDatabase('ledger');
    const service = start({
      ...pushEnvironment({ url: sandbox.url, token }, ledger),
      WAREHOUSE_CSV: writePushWorld('csv', count),
      // An hour would end it. AdSuite's Retry-After is longer than the shortest wait that is recorded.
      PUSH_RUN_MINUTES: '50',
      LD_PRELOAD: faketime(),
      FAKETIME_TIMESTAMP_FILE: offset,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    });
    const url = await service.listening;
    const asked = askPush(url);
    sandbox.setFaults([{ kind: 'status', status: 429, retryAfter: '4', next: 2 }]);
    const { id, version } = await asked.push({ waitSeconds: 0 });
    while ((await asked.run(id))?.progress.nextAttemptAt === null);
    writeFileSync(offset, jump);
    const run = await asked.ended(id);
    expect(run).toMatchObject({ state: 'SUCCEEDED', reason: null, counts: { accepted: count } });
    expectHeld(
      sandbox,
      Array.from({ length: count }, (_each, index) => heldOf(index + 1, version, 1)),
    );
    // The clock was set.
    const { headers } = await send(url, '{ __typename }');
    const ahead = Date.parse(headers.get('date') ?? '') - Date.now();
    expect(Math.abs(ahead) / 60_000).toBeGreaterThan(50);
  });
});
