import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadConfig } from '../../src/config/index.ts';
import { openWarehouse } from '../../src/db/warehouse/connect.ts';
import { openEmbeddedWarehouse } from '../../src/embedded/index.ts';
import { startSandbox } from '../../src/embedded/sandbox/index.ts';
import { createServer } from '../../src/server.ts';
import { openTestPushing } from '../support/pushing.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Starts the service with demo data in a new data folder and the built page, on a free port. */
export async function startService() {
  const dataDir = await mkdtemp(join(tmpdir(), 'browser-'));
  const now = () => new Date();
  const embedded = await openEmbeddedWarehouse({
    dataDir,
    csvFolder: null,
    dbtFolder: join(ROOT, 'warehouse/dbt'),
    now,
    onFailure: (error) => {
      throw error;
    },
    report: () => {},
  });
  const warehouse = openWarehouse({
    target: {
      ...embedded.connection,
      dialect: 'pglite',
      login: { kind: 'password', user: 'postgres', password: '' },
      tls: null,
    },
    maxConnections: 2,
    waitMilliseconds: 10_000,
    statementMilliseconds: 60_000,
    onConnectionLost: () => {},
  });
  const sandbox = await startSandbox({ port: 0, token: 'token', folder: null, now });
  const push = openTestPushing(warehouse, { adsuite: { url: sandbox.url, token: 'token' } });
  const { http, limits } = loadConfig({});
  const server = await createServer({
    http,
    limits,
    warehouse,
    push,
    ledger: push.ledger.reads,
    logger: pino({ level: 'silent' }),
    staleAfterMinutes: { build: 1440, mirror: 1440, events: 1440, clicks: 1440 },
    buildCheckSeconds: 2,
    pageFolder: join(ROOT, 'dist/web'),
    now,
  });
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    origin,
    close: async () => {
      await server.close();
      await push.close();
      await sandbox.close();
      await warehouse.close();
      await embedded.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
