import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Browser, chromium } from 'playwright-core';
import { demoEnd } from '../../local/demo-end.ts';
import type { Credentials } from '../../src/auth/authenticate.ts';
import { loadConfig } from '../../src/config/index.ts';
import { openWarehouse } from '../../src/db/warehouse/connect.ts';
import { openEmbeddedWarehouse } from '../../src/embedded/index.ts';
import { startSandbox } from '../../src/embedded/sandbox/index.ts';
import { createServer } from '../../src/server.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { openTestPushing } from '../support/service.ts';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

const MISSING = `Chromium not found at ${CHROMIUM}. Install it (Debian: apt-get install -y chromium) or set CHROMIUM_PATH.`;

/** Why browser tests are skipped; undefined if they run. In CI, a missing browser is a failure. */
export const skipReason = existsSync(CHROMIUM) || process.env.CI ? undefined : MISSING;

/**
 * Launches a browser that resolves no host names, so requests to other hosts fail.
 *
 * @param hostsOnLoopback names that resolve to 127.0.0.1.
 */
export async function launchChromium(hostsOnLoopback: readonly string[] = []): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(MISSING);
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=${[...hostsOnLoopback.map((name) => `MAP ${name} 127.0.0.1`), 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1'].join(', ')}`,
    ],
  });
}

const ROOT = join(import.meta.dirname, '../..');

/** Starts the service with demo data in a new data folder and the built page, on a free port. */
export async function startService(credentials: Credentials | null = null) {
  const dataDir = await mkdtemp(join(tmpdir(), 'browser-'));
  // Early on the first day without data, so that the demo data are fresh, and the same in each run.
  const now = () => new Date(`${demoEnd}T06:00:00Z`);
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
  const { http, limits, keptAnswerBytes } = loadConfig({});
  const server = await createServer({
    http,
    documents: null,
    credentials,
    limits,
    keptAnswerBytes,
    warehouse,
    snapshots: null,
    push,
    ledger: push.ledger.reads,
    savedQueries: push.ledger.savedQueries,
    ledgerStatus: push.ledger.status,
    telemetry: createTelemetry(),
    readyCheckSeconds: 10,
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
