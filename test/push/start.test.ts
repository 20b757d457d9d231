import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../local/ports.ts';
import { loadConfig } from '../../src/config/index.ts';
import { PushNotFound } from '../../src/push/errors.ts';
import { Closing } from '../../src/start/closing.ts';
import { startPushing } from '../../src/start/pushing.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';

test('a ledger that is down is logged once per failed query', async () => {
  const port = await freePort();
  const config = loadConfig({
    WAREHOUSE_URL: `postgres://reader@127.0.0.1:${port}/warehouse?sslmode=disable`,
    LEDGER_URL: `postgres://keeper@127.0.0.1:${port}/ledger?sslmode=disable`,
    ADSUITE_URL: `http://127.0.0.1:${port}`,
    ADSUITE_TOKEN: 'token',
  });
  if (config.warehouse.kind !== 'server') throw new Error('not the warehouse that was named');
  const lines: { msg: string; query?: string }[] = [];
  const logged = Promise.withResolvers<void>();
  const write = (line: string) => {
    lines.push(JSON.parse(line));
    logged.resolve();
  };
  const onFailure = (error: unknown) => logged.reject(error);
  const closing = new Closing(onFailure);
  const logger = pino({ level: 'warn' }, { write });
  // The worker looks for runs at once.
  const telemetry = createTelemetry();
  await startPushing(
    config,
    { ...config.warehouse.address },
    { root: '', logger, telemetry, closing, say: () => {}, onFailure },
  );
  await logged.promise;
  await closing.close();
  expect(lines).toMatchObject([{ msg: 'the ledger failed', query: 'push.claim' }]);
});

test('an embedded ledger is migrated for both threads, whichever uses it first', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'start-pushing-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => void failures.push(error);
  const closing = new Closing(onFailure);
  const logger = pino({ level: 'warn' }, { write: onFailure });
  // The warehouse is not used.
  const { pushing, ledger } = await startPushing(
    loadConfig({ DATA_DIR: dataDir }),
    {
      dialect: 'postgres',
      host: '127.0.0.1',
      port: 1,
      database: 'none',
      login: { kind: 'password', user: '', password: '' },
      tls: null,
    },
    { root: '', logger, telemetry: createTelemetry(), closing, say: () => {}, onFailure },
  );
  const requester = { requestedBy: 'test', isVerified: false, note: null, waitSeconds: 0 };
  const [count, cancelled] = await Promise.allSettled([
    ledger.reads.countRuns({}),
    pushing.cancel('no such run', requester),
  ]);
  expect(count).toEqual({ status: 'fulfilled', value: 0 });
  expect(cancelled).toMatchObject({ status: 'rejected', reason: expect.any(PushNotFound) });
  await closing.close();
  expect(failures).toEqual([]);
});
