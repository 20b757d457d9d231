/**
 * Measures how soon the built service with an embedded warehouse answers a query: in an empty DATA_DIR, where it creates the
 * database, loads the demo data and attributes them, and in the folder that this start leaves. The clock runs from the start of
 * the process. Prints the median of several rounds.
 *
 *   npm run bench:start [-- --rounds 5] [--csv FOLDER] [--flag --max-semi-space-size=8 ...]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    /** Files to load instead of the demo data. */
    csv: { type: 'string' },
    /** Flags of Node; by default those of `npm start`. */
    flag: { type: 'string', multiple: true },
  },
});

const root = join(import.meta.dirname, '..');
const query = `{ strategies(first: 1) { nodes { id name iterations { nodes { id createdAt } } } } }`;
const clockTicksPerSecond = 100;

interface Measured {
  /** Seconds from the start of the process. */
  readonly loaded: number;
  readonly attributed: number;
  readonly answered: number;
  /** Seconds of all threads, user and system. */
  readonly cpu: number;
  readonly megabytes: number;
}

const flags = values.flag ?? flagsOfStart();
const first: Measured[] = [];
const second: Measured[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-start-'));
  try {
    first.push(await start(folder));
    second.push(await start(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
console.log(
  `node ${flags.join(' ')} dist/main.js: seconds from its start (CPU: of all threads), median of ${values.rounds}`,
);
console.log('| start | data loaded | attributed | first answer | CPU | peak memory |');
console.log('|---|---|---|---|---|---|');
for (const [name, all] of Object.entries({ first, second })) {
  const cell = (of: keyof Measured, digits = 2) => median(all.map((each) => each[of])).toFixed(digits);
  const data = name === 'first' ? [cell('loaded'), cell('attributed')] : ['', ''];
  console.log(`| ${[name, ...data, cell('answered'), cell('cpu'), `${cell('megabytes', 0)} MB`].join(' | ')} |`);
}

/** The flags that `npm start` gives to Node. */
function flagsOfStart(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

async function start(folder: string): Promise<Measured> {
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;
  const service = spawn(process.execPath, [...flags, join(root, 'dist/main.js')], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      DATA_DIR: folder,
      ...(values.csv === undefined ? {} : { WAREHOUSE_CSV: values.csv }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(service, 'exit');
  try {
    const seen = new Map<string, number>();
    const address = await new Promise<string>((resolve, reject) => {
      createInterface(service.stdout).on('line', (line) => {
        seen.set(/^\w+/.exec(line)?.[0] ?? '', seconds());
        if (line.startsWith('GraphQL ')) resolve(line.slice('GraphQL'.length).trim());
      });
      ended.then(() => reject(new Error('the service has ended')));
    });
    await ask(address);
    const answered = seconds();
    const times = { loaded: seen.get('Loaded') ?? 0, attributed: seen.get('Attributed') ?? 0, answered };
    return { ...times, ...usage(service.pid ?? 0) };
  } finally {
    service.kill('SIGTERM');
    await ended;
  }
}

async function ask(address: string): Promise<void> {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const answer = await response.text();
  if (!response.ok || !/"createdAt":"\d/.test(answer)) throw new Error(`${response.status} ${answer}`);
}

/** What a process has used so far. */
function usage(pid: number): Pick<Measured, 'cpu' | 'megabytes'> {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  // The name of the program, in brackets, may contain blanks.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const ticks = Number(stat[11]) + Number(stat[12]);
  return { cpu: ticks / clockTicksPerSecond, megabytes: Number(kilobytes) / 1024 };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low = 0, high = 0] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return (low + high) / 2;
}
