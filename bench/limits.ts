/**
 * Measures what hostile requests cost the service, with a heap of 512 MB and the default limits. Each document is sent once,
 * then ten times concurrently, while a light query measures how long others wait. Memory is the resident set size. Then slow
 * connections are opened, to measure when the service closes each.
 *
 *   npm run bench:limits
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const maxWaitMilliseconds = 120_000;

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ');

const documents: Readonly<Record<string, string>> = {
  '1,200 aliases of an introspection list': `{ __schema { ${aliases(1200, 'types { name description }')} } }`,
  '1,200 aliases of a top-level field': `{ ${aliases(1200, 'dataStatus { build }')} }`,
  '1,200 top-level __schema': `{ ${aliases(1200, '__schema { __typename }')} }`,
  '300 lists inside introspection lists': `{ __schema { ${aliases(300, 'types { name fields { name description } }')} } }`,
  'the same field 2,400 times': `{ ${'dataStatus { build } '.repeat(2400)} }`,
  '20 long aliases on 1,000 rows': `{ conversions(first: 1000) { nodes { ${Array.from({ length: 20 }, (_, at) => `${'x'.repeat(2000)}${at}: id`).join(' ')} } } }`,
  'a 400 kB alias of an object on 1,000 rows': `{ conversions(first: 1000) { nodes { ${'x'.repeat(400_000)}: strategy { id } } } }`,
  'fragments that double 30 times': `{ ...f0 } ${Array.from({ length: 30 }, (_, at) => `fragment f${at} on Query { ...f${at + 1} ...f${at + 1} }`).join(' ')} fragment f30 on Query { dataStatus { build } }`,
};

const slowConnections: Readonly<
  Record<string, { readonly sent: string; readonly drip: string; readonly limit: string }>
> = {
  'nothing is sent': { sent: '', drip: '', limit: 'HTTP_HEADERS_SECONDS=10' },
  'headers, one byte a second': {
    sent: 'POST /graphql HTTP/1.1\r\nHost: localhost\r\nx: ',
    drip: 'x',
    limit: 'HTTP_HEADERS_SECONDS=10',
  },
  'a body, one byte a second': {
    sent: 'POST /graphql HTTP/1.1\r\nHost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n',
    drip: ' ',
    limit: 'HTTP_REQUEST_SECONDS=30',
  },
  'idle after an answer': {
    sent: 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    drip: '',
    limit: 'HTTP_KEEP_ALIVE_SECONDS=75',
  },
};

const folder = mkdtempSync(join(tmpdir(), 'bench-limits-'));
const main = join(import.meta.dirname, '../dist/main.js');
const service = spawn(process.execPath, ['--max-old-space-size=512', '--max-semi-space-size=8', main], {
  env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: folder },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const exited = once(service, 'exit');
try {
  const url = await address();
  await measure(url);
  await measureConnections(url);
} finally {
  service.kill('SIGKILL');
  await exited;
  rmSync(folder, { recursive: true, force: true });
}

async function address(): Promise<string> {
  for await (const line of createInterface({ input: service.stdout })) {
    const [, url] = /^GraphQL +(\S+)/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('the service did not start');
}

async function measure(url: string): Promise<void> {
  // Warms up the JIT compiler.
  for (let warm = 0; warm < 20; warm++) await ask(url, '{ dataStatus { build } __schema { types { name } } }');
  console.log(
    'document                                     status     ms    answer | 10 at once: max ms  others ms   MB before -> after',
  );
  for (const [name, query] of Object.entries(documents)) {
    const before = residentMegabytes();
    const one = await ask(url, query);
    const ten = await Promise.all([
      ...Array.from({ length: 10 }, () => ask(url, query)),
      ask(url, '{ dataStatus { build } }'),
    ]);
    const other = ten.pop();
    const slowest = Math.max(...ten.map(({ milliseconds }) => milliseconds));
    console.log(
      [
        name.padEnd(44),
        String(one.status).padEnd(6),
        one.milliseconds.toFixed(0).padStart(6),
        `${(one.bytes / 1024).toFixed(1)} kB`.padStart(11),
        '|',
        slowest.toFixed(0).padStart(18),
        (other?.milliseconds ?? Number.NaN).toFixed(0).padStart(10),
        `${before} -> ${residentMegabytes()}`.padStart(20),
      ].join(' '),
    );
  }
}

async function measureConnections(url: string): Promise<void> {
  console.log('connection                    closed after  limit (checked once a second)');
  const { hostname, port } = new URL(url);
  await Promise.all(
    Object.entries(slowConnections).map(async ([name, { sent, drip, limit }]) => {
      const start = performance.now();
      const socket = connect(Number(port), hostname).resume();
      socket.on('error', () => undefined);
      socket.write(sent);
      const dripping = setInterval(() => drip && socket.write(drip), 1_000);
      await Promise.race([once(socket, 'close'), delay(maxWaitMilliseconds, undefined, { ref: false })]);
      clearInterval(dripping);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(
        `${name.padEnd(28)} ${socket.closed ? `${seconds} s`.padStart(13) : 'not in 120 s'.padStart(13)}  ${limit}`,
      );
      socket.destroy();
    }),
  );
}

async function ask(url: string, query: string) {
  const start = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const text = await response.text();
  return { status: response.status, bytes: text.length, milliseconds: performance.now() - start };
}

function residentMegabytes(): number {
  const [, pages] = readFileSync(`/proc/${service.pid}/statm`, 'utf8').split(' ');
  return Math.round((Number(pages) * 4096) / 1024 / 1024);
}
