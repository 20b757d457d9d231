import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedOptions, type EmbeddedStore, openEmbeddedWarehouse } from '../../src/embedded/index.ts';

export const dbtFolder = join(import.meta.dirname, '../../warehouse/dbt');

/** A new temporary folder; the caller removes it. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'embedded-'));
}

/** One strategy with two iterations, a campaign, and two clicks with a conversion each. */
export const smallFiles: Readonly<Record<string, string>> = {
  'strategies.csv': 'id,name,tune_offer_id,created_at\n1,One,10,2026-01-01T00:00:00Z\n',
  'iterations.csv':
    'iteration_id,strategy_id,name,created_at\n' +
    '11,1,Launch,2026-01-01T00:00:00Z\n12,1,Second,2026-01-02T00:00:00Z\n',
  'campaigns.csv': 'id,name,adaction_id\n100,C,10\n',
  'clicks.csv': 'click_id,campaign_id,timestamp\n' + 'a,100,2026-01-01T12:00:00.000001Z\nb,100,2026-01-02T00:00:00Z\n',
  'events.csv':
    'event_id,event_type,click_id,goal_reference_id,payout,timestamp\n' +
    'e1,goal_complete,a,7,1.5,2026-01-03T00:00:00Z\ne2,goal_complete,b,7,2,2026-01-03T00:00:00Z\n',
};

/** Writes CSV files; a file that `files` does not contain gets the small default, and null omits it. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Buffer | null>> = {}): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries({ ...smallFiles, ...files })) {
    if (text === null) rmSync(join(folder, name), { force: true });
    else writeFileSync(join(folder, name), text);
  }
  return folder;
}

export interface Opened extends EmbeddedStore {
  readonly lines: string[];
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
}

/** Opens a warehouse with small defaults (no models), collects its report, and queries it over the socket. */
export async function open(dataDir: string, options: Partial<EmbeddedOptions> = {}): Promise<Opened> {
  const lines: string[] = [];
  const warehouse = await openEmbeddedWarehouse({
    dataDir,
    csvFolder: null,
    dbtFolder: null,
    now: () => new Date('2026-07-01T00:00:00Z'),
    onFailure: (error) => {
      throw error;
    },
    report: (line) => lines.push(line),
    ...options,
  });
  return {
    ...warehouse,
    lines,
    async query(sql, values) {
      const client = new pg.Client(warehouse.connection);
      // The query itself reports a broken connection.
      client.on('error', () => undefined);
      await client.connect();
      try {
        return (await client.query(sql, values)).rows;
      } finally {
        await client.end();
      }
    },
  };
}

/** Opens a warehouse, queries it and closes it. */
export async function openFor<T>(
  dataDir: string,
  options: Partial<EmbeddedOptions>,
  use: (opened: Opened) => Promise<T> | T,
): Promise<T> {
  const opened = await open(dataDir, options);
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

export interface ChildResult {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
}

/** Starts child.ts. `until` resolves to the first output line with this prefix, `ended` when the process has ended. */
export function startChild(options: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  const seen: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const look of seen) look();
    });
  }
  const ended = new Promise<ChildResult>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
  const until = (start: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (output.split('\n').some((line) => line.startsWith(start))) resolve();
      };
      seen.push(look);
      look();
      ended.then(() => reject(new Error(`ended without ${start}: ${output}`)));
    });
  return { pid: child.pid ?? 0, until, ended, kill: () => child.kill('SIGKILL'), finish: () => child.stdin.end() };
}
