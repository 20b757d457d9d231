import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../local/ports.ts';
import { stopOrphan } from '../../local/postgres/persistent.ts';

const root = join(import.meta.dirname, '../..');

/** Two strategies, one without an offer, and few enough rows to see which click belongs to which iteration. */
const smallFiles: Readonly<Record<string, string>> = {
  'strategies.csv':
    'id,name,tune_offer_id,created_at\n1,Alpha,10,2026-01-01T00:00:00Z\n2,Beta,,2026-01-01T00:00:00Z\n' +
    // An export may contain duplicate rows.
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
  /** Everything printed so far. */
  output(): string;
  /** Waits for output that matches; fails if the process ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  readonly exit: Promise<number | null>;
}

/** A separate data folder with its own ports and CSV files, and the stack's commands. */
export class TestStack {
  readonly folder = mkdtempSync(join(tmpdir(), 'attribution-stack-'));
  readonly data = join(this.folder, 'data', 'stack');
  readonly csv = join(this.folder, 'csv');
  env: Record<string, string> = {};
  readonly #runs: Run[] = [];

  static async create(): Promise<TestStack> {
    const stack = new TestStack();
    // If the tests run as root, the servers run as another user.
    chmodSync(stack.folder, 0o755);
    mkdirSync(stack.csv);
    stack.write(smallFiles);
    const [adsuite, warehouse, service] = [await freePort(), await freePort(), await freePort()];
    stack.env = {
      DATA_DIR: join(stack.folder, 'data'),
      WAREHOUSE_CSV: stack.csv,
      STACK_ADSUITE_PORT: String(adsuite),
      STACK_WAREHOUSE_PORT: String(warehouse),
      PORT: String(service),
      // Without Java: the built-in runner is seconds faster than Liquibase, which check:liquibase covers.
      JAVA_HOME: join(stack.folder, 'no-java'),
    };
    return stack;
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.csv, name), text);
  }

  /** Starts `npm run stack` or another script. */
  run(script = 'stack', env: Readonly<Record<string, string>> = {}, words: readonly string[] = []): Run {
    const child = spawn('node', [join(root, 'scripts', `${script}.ts`), ...words], {
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
    const printed = (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output);
          if (match) resolve(match);
        };
        listeners.add(look);
        look();
        void exit.then((code) => reject(new Error(`ended with ${code} before it printed ${pattern}:\n${output}`)));
      });
    const run = { child, output: () => output, printed, exit };
    this.#runs.push(run);
    return run;
  }

  /** Starts the stack and waits until it is up. */
  async up(env: Readonly<Record<string, string>> = {}, words: readonly string[] = []): Promise<Run> {
    const run = this.run('stack', env, words);
    await run.printed(/Everything is up/);
    return run;
  }

  /** Stops everything that still runs, including servers of a killed stack, and removes the folder. */
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
