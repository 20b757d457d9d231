import { join } from 'node:path';
import { LocalError } from '../../local/errors.ts';
import { requireFreePort } from '../../local/ports.ts';
import { ensureCluster, stopOrphan } from '../../local/postgres/persistent.ts';
import { type Programs, postgresPrograms } from '../../local/postgres/programs.ts';
import { type ServerUser, serverUser } from '../../local/postgres/server-user.ts';
import { folderSource } from '../../src/embedded/csv/source.ts';
import { currentDemoSource } from '../../src/embedded/demo/source.ts';
import { prepareAdsuite, startAdsuiteApi } from './adsuite.ts';
import type { Closing } from './closing.ts';
import { openFolder } from './folder.ts';
import { loadSources } from './load.ts';
import { ensurePasswords, type Logins, loginsOf, type Passwords, withClient } from './logins.ts';
import { type DbtRunner, hasBuild, isAttributed, type PipelineOptions, runPipeline } from './pipeline.ts';
import { startServer } from './postgres.ts';
import { awaitOldService, removeRunning, writeRunning } from './running.ts';
import { startService } from './service.ts';
import type { Settings } from './settings.ts';
import { prepareWarehouse } from './warehouse.ts';

/** The API keys of the service. */
export interface ServiceAccess {
  readonly keysFile: string;
  /** The key that Airflow uses. */
  readonly airflowKey: string;
}

export interface StackOptions {
  readonly settings: Settings;
  readonly runner: DbtRunner;
  /** Without it, the service has no authentication. */
  readonly access?: ServiceAccess;
  readonly closing: Closing;
  readonly report: (line: string) => void;
  /** Called if a part ends without being stopped: the caller must close the rest. */
  readonly onEnd: (reason: string) => void;
}

export interface Stack {
  readonly logins: Logins;
  readonly passwords: Passwords;
  /** The service's address, without a path. */
  readonly origin: string;
  /** Null without authentication. */
  readonly airflowKey: string | null;
  /** The address of the AdSuite sandbox, without a path. */
  readonly adsuiteUrl: string;
}

/**
 * Starts everything: both databases, data, attribution, the service. Each step checks whether it is complete already, so
 * the next start continues after a start that was killed. `closing` will close everything that was opened.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { settings, runner, closing, report } = options;
  const { folder } = settings;
  const user = serverUser();
  const lock = openFolder(folder, user);
  await closing.opened(async () => lock.release());
  await closing.opened(async () => removeRunning(folder));
  const programs = await postgresPrograms(user, report);
  closing.throwIfClosing();
  const passwords = ensurePasswords(folder);
  const ports = { adsuite: settings.adsuitePort, warehouse: settings.warehousePort };
  const logins = loginsOf(passwords, ports);

  for (const name of ['adsuite', 'warehouse'] as const) await stopOrphan(join(folder, name), report);
  await awaitOldService(folder);
  await requireFreePort(ports.adsuite, "AdSuite's database", 'STACK_ADSUITE_PORT');
  await requireFreePort(ports.warehouse, 'the warehouse', 'STACK_WAREHOUSE_PORT');
  await requireFreePort(settings.servicePort, 'the service', 'PORT');
  if (settings.airflowPort !== null) await requireFreePort(settings.airflowPort, 'Airflow', 'STACK_AIRFLOW_PORT');

  await startServers(options, logins, programs, user);
  await prepareAdsuite(logins);
  closing.throwIfClosing();
  await prepareWarehouse(logins, report);
  closing.throwIfClosing();
  const csvSource = settings.csvFolder === null ? null : folderSource(settings.csvFolder);
  await loadSources(logins, (loaded) => csvSource ?? currentDemoSource(loaded, new Date()), report);
  closing.throwIfClosing();
  await bringUpToDate(logins, { runner, report }, closing);
  closing.throwIfClosing();

  const running = {
    ...{ adsuitePort: ports.adsuite, warehousePort: ports.warehouse },
    ...{ runner, servicePid: null, origin: null, airflowPort: settings.airflowPort },
  };
  let servicePid: number | null = null;
  const onSpawn = (pid: number | null) => {
    servicePid = pid;
    writeRunning(folder, { ...running, servicePid });
  };
  const login = logins.to('warehouse', 'attribution_service');
  const adsuite = await startAdsuiteApi(folder, closing);
  report(`AdSuite's API (a sandbox, docs/sandbox.md) at ${adsuite.ADSUITE_URL}`);
  const service = {
    login,
    adsuite,
    port: settings.servicePort,
    dataDir: join(folder, 'service'),
    keysFile: options.access?.keysFile ?? null,
    report,
    onSpawn,
    onEnd: options.onEnd,
  };
  const origin = await startService(service, closing);
  writeRunning(folder, { ...running, servicePid, origin });
  const airflowKey = options.access?.airflowKey ?? null;
  return { logins, passwords, origin, airflowKey, adsuiteUrl: adsuite.ADSUITE_URL };
}

async function startServers(
  { settings: { folder }, closing, report, onEnd }: StackOptions,
  logins: Logins,
  { initdb, postgres }: Programs,
  user: ServerUser | null,
): Promise<void> {
  const started = performance.now();
  // Closing stops them in reverse order: the service, the warehouse, AdSuite.
  for (const name of ['adsuite', 'warehouse'] as const) {
    const login = { ...logins.to(name, 'postgres'), database: 'postgres' };
    const isNew = await ensureCluster({ folder, name, initdb, user, password: login.password });
    closing.throwIfClosing();
    await startServer({ folder, name, postgres, user, login, onEnd }, closing);
    const what = name === 'adsuite' ? "AdSuite's PostgreSQL" : "The warehouse's PostgreSQL";
    report(`${what} ${isNew ? 'created and ' : ''}started on port ${login.port}`);
  }
  report(`Both started in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** Runs the pipeline if it is due. As in production, if it fails, the service serves the last build. */
async function bringUpToDate(logins: Logins, pipeline: PipelineOptions, closing: Closing): Promise<void> {
  const { report } = pipeline;
  const login = logins.to('warehouse', 'postgres');
  if (await withClient(login, isAttributed)) return report('Attribution in place');
  const stop = new AbortController();
  const running = runPipeline(logins, { ...pipeline, signal: stop.signal });
  // dbt is stopped before its database, which it would wait for. The embedded runner ends with its connection.
  if (pipeline.runner === 'dbt') {
    closing.add(async () => {
      stop.abort();
      await running.catch(() => undefined);
    });
  }
  try {
    await running;
  } catch (error) {
    closing.throwIfClosing();
    if (!(error instanceof LocalError) || !(await withClient(login, hasBuild))) throw error;
    report(`The pipeline failed; the service serves the last build. ${error.message}`);
  }
}
