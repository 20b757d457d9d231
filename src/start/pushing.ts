import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import type { LedgerConfig } from '../config/ledger.ts';
import type { PushConfig } from '../config/push.ts';
import { type Ledger, type OpenTarget, openLedger } from '../db/ledger/connect.ts';
import { leaseTimeouts } from '../db/ledger/timeouts.ts';
import type { Warehouse } from '../db/warehouse/connect.ts';
import { openEmbeddedLedger } from '../embedded/index.ts';
import { startSandbox } from '../embedded/sandbox/index.ts';
import { LedgerUnavailable } from '../errors.ts';
import { defaultLimits } from '../push/delivery/limits.ts';
import { type OpenPushing, openPushing } from '../push/index.ts';
import { pushSource } from '../push/plan/source.ts';
import type { Start } from './start.ts';

/** The embedded ledger has one session for all. */
const embeddedConnections = 4;

/** Opens the return flow: the ledger, AdSuite or the sandbox in its place, and whoever delivers. */
export async function startPushing(config: Config, warehouse: Warehouse, start: Start): Promise<OpenPushing> {
  const { push, staleAfterMinutes, ledger: ledgerConfig } = config;
  const ledger = open(ledgerConfig, push, start);
  start.closing.add(() => ledger.close());
  const pushing = openPushing({
    source: pushSource(warehouse),
    ledger,
    adsuite: await adsuiteOf(config, start),
    limits: { ...push.limits, buildMinutes: staleAfterMinutes.build, mirrorMinutes: staleAfterMinutes.mirror },
    delivery: {
      concurrency: push.concurrency,
      retryAfterMaxMilliseconds: push.retryAfterMaxMinutes * 60_000,
      runMilliseconds: push.runMinutes * 60_000,
      leaseMilliseconds: push.leaseSeconds * 1000,
      // Whoever ends leases sooner wants their runs taken up sooner.
      pollMilliseconds: Math.min(defaultLimits.pollMilliseconds, push.leaseSeconds * 1000),
    },
    requestMilliseconds: push.requestSeconds * 1000,
    keepMilliseconds: push.keepDays === null ? null : push.keepDays * 24 * 3_600_000,
    onDelivered: (run, how) => start.logger.info({ run, how }, 'a push left this process'),
    onFault: (error) => {
      // The ledger itself has told of what failed in it.
      if (error instanceof LedgerUnavailable) return;
      start.logger.error({ err: error }, 'delivering a push failed; it is tried again');
    },
  });
  start.closing.add(() => pushing.close());
  // A ledger that was never written to has no run that somebody left behind, and is opened by the first push.
  if (ledgerConfig.kind === 'server' || existsSync(join(ledgerConfig.dataDir, 'ledger'))) pushing.resume();
  return pushing;
}

function open(config: LedgerConfig, { batchRows, leaseSeconds }: PushConfig, start: Start): Ledger {
  const { logger } = start;
  return openLedger({
    openTarget: () => openTarget(config, start),
    batchRows,
    maxConnections: config.kind === 'server' ? config.connections : embeddedConnections,
    waitMilliseconds: 10_000,
    // A row is recorded, and copied for a retry, by statements about many.
    statementMilliseconds: 300_000,
    ...leaseTimeouts(leaseSeconds * 1000),
    onConnectionLost: (error) => logger.warn({ err: error }, 'a connection to the ledger was lost'),
    onFault: (name, fault, error) =>
      logger.error({ query: name, fault: fault.kind, explanation: fault.explanation, err: error }, 'the ledger failed'),
  });
}

async function openTarget(config: LedgerConfig, { onFailure }: Start): Promise<OpenTarget> {
  if (config.kind === 'server') {
    return { target: { dialect: 'postgres', ...config.address }, close: async () => {} };
  }
  const embedded = await openEmbeddedLedger({ dataDir: config.dataDir, now: () => new Date(), onFailure });
  const { host, port, database, user } = embedded.connection;
  const login = { user, password: '' };
  return { target: { dialect: 'pglite', host, port, database, login, tls: null }, close: () => embedded.close() };
}

/** Where pushes go; null: nowhere. */
async function adsuiteOf(
  { adsuite, ledger }: Config,
  { say, closing }: Start,
): Promise<{ readonly url: string; readonly token: string } | null> {
  if (adsuite.kind === 'server') return adsuite;
  if (adsuite.kind === 'none' || ledger.kind !== 'embedded') return null;
  const token = randomBytes(24).toString('base64url');
  const folder = join(ledger.dataDir, 'sandbox');
  const sandbox = await startSandbox({ port: 0, token, folder, now: () => new Date() });
  closing.add(() => sandbox.close());
  say(`AdSuite   ${sandbox.url}/sandbox/requests (a sandbox; docs/sandbox.md)`);
  return { url: sandbox.url, token };
}
