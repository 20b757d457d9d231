import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import type { PostgresConnection } from '../../local/postgres/client.ts';
import { emptyPglite, seedDataDir } from './empty-databases.ts';
import { pushWorld } from './push-api.ts';

// The service as `npm start` runs it: the built dist/main.js in a process of its own, in a folder of the test's.
const root = join(import.meta.dirname, '../..');
const [, ...words]: string[] = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts.start.split(' ');
const flags = words.filter((word) => word.startsWith('--'));

let folder: string;
let children: ChildProcess[];
beforeEach(async () => {
  await emptyPglite();
  folder = mkdtempSync(join(tmpdir(), 'attribution-main-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Where the data of the services under test is. */
export const dataDir = (): string => join(folder, 'data');

/** A world of five files with one attributed conversion. */
export function writeCsv(name: string, files: Record<string, string> = {}): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  const world = {
    'strategies.csv': 'id,tune_offer_id,created_at\n1,50,2026-01-01T00:00:00Z\n',
    'iterations.csv':
      'iteration_id,strategy_id,created_at\n10,1,2026-01-01T00:00:00.000001Z\n11,1,2026-01-02T00:00:00.000001Z\n',
    'campaigns.csv': 'id,adaction_id\n7,50\n',
    'clicks.csv': 'click_id,campaign_id,timestamp\nc1,7,2026-01-02 00:00:00.000001+00\n',
    'events.csv':
      'event_id,event_type,click_id,goal_reference_id,timestamp\ne1,goal_complete,c1,g1,2026-01-02T10:00:00Z\n',
    ...files,
  };
  for (const [file, text] of Object.entries(world)) writeFileSync(join(path, file), text);
  return path;
}

export interface Service {
  readonly child: ChildProcess;
  /** All that it said until now. */
  output(): string;
  /** Waits until it has said something. */
  said(pattern: RegExp): Promise<void>;
  /** The address, once it listens. */
  readonly listening: Promise<string>;
  readonly exit: Promise<number | null>;
}

/** Starts it on a free port. A DATA_DIR that does not exist gets empty databases first, which spares the service seconds. */
export function start(env: Record<string, string>): Service {
  const folder = env.DATA_DIR ?? dataDir();
  if (!existsSync(folder)) seedDataDir(folder);
  return startAsIs(env);
}

/** Starts it on a free port, and leaves it to the service to create its databases. */
export function startAsIs(env: Record<string, string>): Service {
  const child = spawn('node', [...flags, join(root, 'dist/main.js')], {
    env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: dataDir(), ...env },
  });
  children.push(child);
  let output = '';
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const listening = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        output += chunk;
        const address = /GraphQL +(\S+)\/graphql/.exec(output)?.[1];
        if (address) resolve(address);
      });
    }
    exit.then((code) => reject(new Error(`ended with ${code} before it listened:\n${output}`)));
  });
  // Whoever only waits for the exit does not look at this one.
  listening.catch(() => {});
  const said = async (pattern: RegExp) => {
    while (!pattern.test(output)) await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
  };
  return { child, output: () => output, said, listening, exit };
}

/** Asks a service by GraphQL. */
export async function ask<Data>(address: string, query: string): Promise<Data> {
  return (await send<Data>(address, query)).data;
}

/** The same, with whatever comes back. */
export async function send<Data>(
  address: string,
  query: string,
): Promise<{ status: number; headers: Headers; data: Data; errors?: { message: string; extensions: object }[] }> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, headers: response.headers, ...((await response.json()) as { data: Data }) };
}

/** A start that must fail: what it said. */
export async function failedStart(env: Record<string, string>): Promise<string> {
  const service = startAsIs(env);
  expect(await service.exit).toBe(1);
  expect(service.output()).not.toMatch(/^\s+at /m);
  return service.output();
}

const columns = {
  strategies: 'id,tune_offer_id,created_at',
  iterations: 'iteration_id,strategy_id,created_at',
  campaigns: 'id,adaction_id',
  clicks: 'click_id,campaign_id,timestamp',
  events: 'event_id,event_type,click_id,goal_reference_id,payout,timestamp',
} as const;

/** A push world as files for WAREHOUSE_CSV. */
export function writePushWorld(name: string, count: number): string {
  const world = pushWorld(count);
  const files = Object.entries(columns).map(([table, header]) => {
    const rows = world[table as keyof typeof columns].map((row) =>
      header
        .split(',')
        .map((column) => row[column])
        .join(),
    );
    return [`${table}.csv`, `${[header, ...rows].join('\n')}\n`];
  });
  return writeCsv(name, Object.fromEntries(files));
}

/** The environment of a service with this ledger; null: its own, in its DATA_DIR. */
export function pushEnvironment(
  adsuite: { readonly url: string; readonly token: string },
  ledger: PostgresConnection | null,
): Record<string, string> {
  return {
    ADSUITE_URL: adsuite.url,
    ADSUITE_TOKEN: adsuite.token,
    PUSH_BATCH_ROWS: '1',
    PUSH_CONCURRENCY: '2',
    PUSH_LEASE_SECONDS: '2',
    // The world lies in a past of its own.
    STALE_AFTER_MINUTES: '525600',
    ...(ledger ? { LEDGER_URL: ledgerUrl(ledger) } : {}),
  };
}

const ledgerUrl = ({ host, port, user, password, database }: PostgresConnection): string =>
  `postgres://${user}:${password}@${host}:${port}/${database}?sslmode=disable`;
