import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import type { LedgerConfig } from '../config/ledger.ts';
import type { PushConfig } from '../config/push.ts';
import { type Ledger, type OpenTarget, openLedger } from '../db/ledger/connect.ts';
import { leaseTimeouts } from '../db/ledger/timeouts.ts';
import type { Warehouse } from '../db/warehouse/connect.ts';
import { openEmbeddedLedger } from '../embedded/index.ts';
import { startKeptSandbox } from '../embedded/sandbox/kept.ts';
import { LedgerUnavailable } from '../errors.ts';
import { type OpenPushing, openPushing } from '../push/index.ts';
import { runEndLine } from '../push/record/run-end.ts';
import { pushSource } from './push-source.ts';
import type { Start } from './start.ts';

/** The embedded ledger has one session, which all connections share. */
const embeddedConnections = 4;

export interface StartedPushing {
  readonly pushing: OpenPushing;
  readonly ledger: Ledger;
}

/** Opens the ledger, AdSuite or the sandbox, and starts the worker. */
export async function startPushing(config: Config, warehouse: Warehouse, start: Start): Promise<StartedPushing> {
  const { push, ledger: ledgerConfig } = config;
  const ledger = open(ledgerConfig, push, start);
  start.closing.add(() => ledger.close());
  const pushing = openPushing({
    source: pushSource(warehouse),
    ledger,
    adsuite: await adsuiteOf(config, start),
    ...pushingLimits(config),
    onHandedOver: (run, how) => start.logger.info({ run, how }, 'stopped delivering a push'),
    onEnded: (run) => {
      const { level, fields, message } = runEndLine(run);
      start.logger[level](fields, message);
    },
    onSettled: (results) => start.telemetry.metrics.rowsSettled(results),
    observeRequest: start.telemetry.observeRequest,
    onError: (error) => {
      // The ledger has logged its own failures.
      if (error instanceof LedgerUnavailable) return;
      start.logger.error({ err: error }, 'delivering a push failed; it is retried');
    },
  });
  start.closing.add(() => pushing.close());
  // An embedded ledger that does not exist yet has no unfinished run. The first push creates it.
  if (ledgerConfig.kind === 'server' || existsSync(join(ledgerConfig.dataDir, 'ledger'))) pushing.resume();
  return { pushing, ledger };
}

/** The limits of pushing that the configuration sets. */
export function pushingLimits({ push, staleAfterMinutes }: Pick<Config, 'push' | 'staleAfterMinutes'>) {
  return {
    limits: { ...push.limits, buildMinutes: staleAfterMinutes.build, mirrorMinutes: staleAfterMinutes.mirror },
    delivery: push.delivery,
    requestMilliseconds: push.requestSeconds * 1000,
    keepMilliseconds: push.keepDays === null ? null : push.keepDays * 24 * 3_600_000,
  };
}

function open(config: LedgerConfig, { batchRows, delivery }: PushConfig, start: Start): Ledger {
  const { logger, telemetry } = start;
  return openLedger({
    statusOpens: config.kind === 'server',
    onQueryEnd: telemetry.queryEnded.ledger,
    openTarget: () => openTarget(config, start),
    batchRows,
    maxConnections: config.kind === 'server' ? config.connections : embeddedConnections,
    waitMilliseconds: 10_000,
    // Recording a push, and copying rows for a retry, take statements with many rows.
    statementMilliseconds: 300_000,
    ...leaseTimeouts(delivery.leaseMilliseconds),
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

/** The AdSuite to push to; null: none. */
async function adsuiteOf(
  { adsuite, ledger }: Config,
  { say, closing }: Start,
): Promise<{ readonly url: string; readonly token: string } | null> {
  if (adsuite.kind === 'server') return adsuite;
  if (adsuite.kind === 'none' || ledger.kind !== 'embedded') return null;
  const { sandbox, token } = await startKeptSandbox(join(ledger.dataDir, 'sandbox'));
  closing.add(() => sandbox.close());
  say(`AdSuite   ${sandbox.url}/sandbox/requests (a sandbox; docs/sandbox.md)`);
  return { url: sandbox.url, token };
}
