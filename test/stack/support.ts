import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../local/ports.ts';
import { stopOrphan } from '../../scripts/stack/orphan.ts';

const root = join(import.meta.dirname, '../..');

/** Two strategies, one of which gets its offer late; what belongs to which iteration is plain to see. */
const smallFiles: Readonly<Record<string, string>> = {
  'strategies.csv':
    'id,name,tune_offer_id,created_at\n1,Alpha,10,2026-01-01T00:00:00Z\n2,Beta,,2026-01-01T00:00:00Z\n' +
    // An export may tell a row twice.
    '2,Beta,,2026-01-01T00:00:00Z\n',
  'iterations.csv':
    'iteration_id,strategy_id,name,created_at\n11,1,Launch,2026-01-01T00:00:00Z\n12,1,Second,2026-01-02T00:00:00Z\n' +
    '21,2,Launch,2026-01-02T00:00:00Z\n22,2,Second,2026-01-03T00:00:00Z\n',
  'campaigns.csv': 'id,name,adaction_id\n100,Alpha - US,10\n200,Beta - US,20\n',
  'clicks.csv':
    'click_id,campaign_id,timestamp\na,100,2026-01-01T12:00:00Z\nb,100,2026-01-02T00:00:00Z\n' +
    'c,200,2026-01-01T12:00:00Z\nd,200,2026-01-02T23:59:59.999999Z\ne,200,2026-01-03T00:00:00Z\n',
  'events.csv':
    'event_id,event_type,click_id,goal_reference_id,payout,timestamp\n' +
    [...'abcde'].map((id) => `e-${id},goal_complete,${id},7,1.5,2026-01-04T00:00:00Z\n`).join(''),
};

export interface Run {
  readonly child: ChildProcess;
  /** All that it said until now. */
  output(): string;
  /** Waits until it has said something; fails if it ends without. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  readonly exit: Promise<number | null>;
}

/** A data folder with ports and CSV files of its own, and the commands on it. */
export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'attribution-stack-'));
  readonly data = join(this.folder, 'data', 'stack');
  readonly csv = join(this.folder, 'csv');
  env: Record<string, string> = {};
  readonly #runs: Run[] = [];

  static async make(): Promise<Place> {
    const place = new Place();
    // Run by root, the servers are another user's.
    chmodSync(place.folder, 0o755);
    mkdirSync(place.csv);
    place.write(smallFiles);
    const [adsuite, warehouse, service] = [await freePort(), await freePort(), await freePort()];
    place.env = {
      DATA_DIR: join(place.folder, 'data'),
      WAREHOUSE_CSV: place.csv,
      STACK_ADSUITE_PORT: String(adsuite),
      STACK_WAREHOUSE_PORT: String(warehouse),
      PORT: String(service),
      // The changelog's own reader is seconds faster than Liquibase, which has a check of its own.
      JAVA_HOME: join(place.folder, 'no-java'),
    };
    return place;
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.csv, name), text);
  }

  /** `npm run stack`, or another of its commands. */
  run(script = 'stack', env: Readonly<Record<string, string>> = {}): Run {
    const child = spawn('node', [join(root, 'scripts', `${script}.ts`)], {
      env: { PATH: process.env.PATH, ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const listeners = new Set<() => void>();
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        for (const listener of listeners) listener();
      });
    }
    const said = (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output);
          if (match) resolve(match);
        };
        listeners.add(look);
        look();
        void exit.then((code) => reject(new Error(`ended with ${code} without ${pattern}:\n${output}`)));
      });
    const run = { child, output: () => output, said, exit };
    this.#runs.push(run);
    return run;
  }

  /** Starts the stack and waits until it is up. */
  async up(env: Readonly<Record<string, string>> = {}): Promise<Run> {
    const run = this.run('stack', env);
    await run.said(/Everything is up/);
    return run;
  }

  /** Ends whatever is left, also servers of a stack that was killed. */
  async remove(): Promise<void> {
    for (const { child, exit } of this.#runs) {
      child.kill('SIGKILL');
      await exit;
    }
    for (const name of ['adsuite', 'warehouse']) {
      if (existsSync(join(this.data, name))) await stopOrphan(join(this.data, name), () => undefined);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
