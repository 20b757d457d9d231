import { join } from 'node:path';
import { requireFreePort } from '../../local/ports.ts';
import { type Programs, postgresPrograms } from '../../local/postgres/programs.ts';
import { type ServerUser, serverUser } from '../../local/postgres/server-user.ts';
import { prepareAdsuite } from './adsuite.ts';
import { prepareWarehouse } from './changelog.ts';
import type { Closing } from './closing.ts';
import { ensureCluster } from './cluster.ts';
import { StackError } from './errors.ts';
import { openFolder } from './folder.ts';
import { loadSources } from './load.ts';
import { type Logins, loginsOf, withClient } from './logins.ts';
import { stopOrphan } from './orphan.ts';
import { hasBuild, isAttributed, runPipeline } from './pipeline.ts';
import { awaitOldService, removeRunning, writeRunning } from './running.ts';
import { startAdsuiteApi } from './sandbox.ts';
import { openSecrets, type Secrets } from './secrets.ts';
import { startServer } from './server.ts';
import { startService } from './service.ts';
import type { Settings } from './settings.ts';

export interface StackOptions {
  readonly settings: Settings;
  readonly closing: Closing;
  readonly report: (line: string) => void;
  /** Told if a part ends without having been asked to: the rest has to be closed then. */
  readonly onEnd: (reason: string) => void;
}

export interface Stack {
  readonly logins: Logins;
  readonly secrets: Secrets;
  /** The service's address. */
  readonly origin: string;
}

/**
 * Brings everything up: two databases, data, attribution, the service. Each step finds out by itself whether it was done
 * before, so a start that was killed anywhere is gone on with by the next. What is opened is given to `closing`.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { settings, closing, report } = options;
  const { folder } = settings;
  const user = serverUser();
  const lock = openFolder(folder, user);
  await closing.opened(async () => lock.release());
  await closing.opened(async () => removeRunning(folder));
  const programs = await postgresPrograms(user, report);
  closing.goOn();
  const secrets = openSecrets(folder);
  const ports = { adsuite: settings.adsuitePort, warehouse: settings.warehousePort };
  const logins = loginsOf(secrets, ports);

  for (const name of ['adsuite', 'warehouse'] as const) await stopOrphan(join(folder, name), report);
  await awaitOldService(folder);
  await requireFreePort(ports.adsuite, "AdSuite's database", 'STACK_ADSUITE_PORT');
  await requireFreePort(ports.warehouse, 'the warehouse', 'STACK_WAREHOUSE_PORT');
  await requireFreePort(settings.servicePort, 'the service', 'PORT');

  await startServers(options, logins, programs, user);
  await prepareAdsuite(logins);
  closing.goOn();
  await prepareWarehouse(logins, report);
  closing.goOn();
  await loadSources(logins, settings.csvFolder, report);
  closing.goOn();
  await bringUpToDate(logins, report);
  closing.goOn();

  const running = { adsuitePort: ports.adsuite, warehousePort: ports.warehouse, servicePid: null, origin: null };
  let servicePid: number | null = null;
  const onSpawn = (pid: number | null) => {
    servicePid = pid;
    writeRunning(folder, { ...running, servicePid });
  };
  const login = logins.to('warehouse', 'attribution_service');
  const adsuite = await startAdsuiteApi(folder, closing);
  report(`AdSuite's API at ${adsuite.ADSUITE_URL}, a sandbox (docs/sandbox.md)`);
  const service = {
    login,
    adsuite,
    port: settings.servicePort,
    dataDir: join(folder, 'service'),
    report,
    onSpawn,
    onEnd: options.onEnd,
  };
  const origin = await startService(service, closing);
  writeRunning(folder, { ...running, servicePid, origin });
  return { logins, secrets, origin };
}

async function startServers(
  { settings: { folder }, closing, report, onEnd }: StackOptions,
  logins: Logins,
  { initdb, postgres }: Programs,
  user: ServerUser | null,
): Promise<void> {
  const started = performance.now();
  // The service is stopped first, then the warehouse, then AdSuite: the other way round.
  for (const name of ['adsuite', 'warehouse'] as const) {
    const login = { ...logins.to(name, 'postgres'), database: 'postgres' };
    const made = await ensureCluster({ folder, name, initdb, user, password: login.password });
    closing.goOn();
    await startServer({ folder, name, postgres, user, login, onEnd }, closing);
    const what = name === 'adsuite' ? "AdSuite's PostgreSQL" : "The warehouse's PostgreSQL";
    report(`${what} ${made ? 'made and ' : ''}started on port ${login.port}`);
  }
  report(`Both are up in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** Runs the pipeline if need be. As in production, one that fails does not keep the service from serving what it has. */
async function bringUpToDate(logins: Logins, report: (line: string) => void): Promise<void> {
  const login = logins.to('warehouse', 'postgres');
  if (await withClient(login, isAttributed)) return report('Attribution in place');
  try {
    await runPipeline(logins, { report });
  } catch (error) {
    if (!(error instanceof StackError) || !(await withClient(login, hasBuild))) throw error;
    report(`The pipeline failed; what is there is served. ${error.message}`);
  }
}
