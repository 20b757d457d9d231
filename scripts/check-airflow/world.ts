import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../local/ports.ts';
import { makeKey } from '../keys/commands.ts';
import { Closing } from '../stack/closing.ts';
import type { Running } from '../stack/running.ts';
import { type Stack, startStack } from '../stack/start.ts';

export interface World {
  readonly stack: Stack;
  /** The file with the API key of Airflow, an operator. */
  readonly keysFile: string;
  /** The stack's folder. */
  readonly folder: string;
  readonly closing: Closing;
  /** The process id of the service. */
  readonly servicePid: number;
  /** Announces that the service is about to be stopped, so that its end is no failure of the stack. */
  expectServiceToEnd(): void;
  close(): Promise<void>;
}

/** Starts a whole stack in a temporary folder, with a few rows, on free ports. */
export async function startWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'attribution-airflow-'));
  // PostgreSQL may run as another user, who must be able to pass through.
  chmodSync(folder, 0o711);
  const csv = join(folder, 'csv');
  mkdirSync(csv);
  for (const [name, rows] of Object.entries(freshFiles(Date.now()))) writeFileSync(join(csv, name), rows);
  const keysFile = join(folder, 'keys.json');
  const { key: airflowKey } = makeKey(keysFile, 'airflow', { role: 'operator' }, new Date());
  const closing = new Closing((error) => process.stderr.write(`${String(error)}\n`));
  const output: string[] = [];
  let isEndExpected = false;
  const close = async () => {
    await closing.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const stop = () => void close().then(() => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  try {
    const stack = await startStack({
      settings: {
        folder: join(folder, 'stack'),
        adsuitePort: await freePort(),
        warehousePort: await freePort(),
        servicePort: 0,
        airflowPort: null,
        csvFolder: csv,
      },
      runner: 'embedded',
      access: { keysFile, airflowKey },
      closing,
      report: (line) => void output.push(line),
      onEnd: (reason) => {
        if (!isEndExpected) process.stderr.write(`${reason}\n`);
      },
    });
    const { servicePid } = JSON.parse(readFileSync(join(folder, 'stack/running.json'), 'utf8')) as Running;
    if (servicePid === null) throw new Error('running.json has no process id of the service.');
    return {
      stack,
      keysFile,
      folder: join(folder, 'stack'),
      closing,
      servicePid,
      expectServiceToEnd: () => {
        isEndExpected = true;
      },
      close,
    };
  } catch (error) {
    process.stderr.write(`${output.join('\n')}\n`);
    await close();
    throw error;
  }
}

/**
 * Two strategies with an iteration each, and a second iteration since yesterday. `dbt source freshness` needs clicks and
 * events of today.
 */
function freshFiles(now: number): Record<string, string> {
  const ago = (hours: number) => new Date(now - hours * 3_600_000).toISOString();
  return {
    'strategies.csv': `id,name,tune_offer_id,created_at\n1,Alpha,10,${ago(240)}\n2,Beta,20,${ago(240)}\n`,
    'iterations.csv':
      'iteration_id,strategy_id,name,created_at\n' +
      `11,1,Launch,${ago(240)}\n12,1,Second,${ago(24)}\n21,2,Launch,${ago(240)}\n`,
    'campaigns.csv': 'id,name,adaction_id\n100,Alpha - US,10\n200,Beta - US,20\n',
    'clicks.csv': `click_id,campaign_id,timestamp\na,100,${ago(30)}\nb,100,${ago(3)}\nc,200,${ago(2)}\n`,
    'events.csv':
      'event_id,event_type,click_id,goal_reference_id,payout,timestamp\n' +
      [...'abc'].map((id) => `e-${id},goal_complete,${id},7,1.5,${ago(1)}\n`).join(''),
  };
}
