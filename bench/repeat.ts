/**
 * Measures an operation that is repeated within a build, with authentication: answers that are kept, and that are computed each
 * time. The service is the built one, with the demo data; the load comes from this process.
 *
 *   npm run bench:repeat [-- --seconds 5 --kept 0,64]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { formatApiKey, hashSecret, makeApiKey } from '../src/auth/api-key.ts';
import { formatKeysFile } from '../src/auth/keys-file.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, kept: { type: 'string', default: '0,64' } },
});
const milliseconds = Number(values.seconds) * 1000;

/** About 60 kB. */
const query =
  'query Windows { strategies(first: 25) { nodes { id name iterations(first: 50) { nodes { id name sequence createdAt endedAt isCurrent metrics { conversions payout } } } } } }';

/** The end of a response in chunks. */
const lastChunk = '\r\n0\r\n\r\n';

const encodings = ['identity', 'gzip', 'br'];

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'bench-repeat-'));
const key = makeApiKey();
const keysFile = join(folder, 'keys.json');
const created = new Date().toISOString();
const stored = { id: key.id, name: 'bench', role: 'viewer' as const, restrictions: [], sha256: hashSecret(key.secret) };
writeFileSync(keysFile, formatKeysFile([{ ...stored, created, expires: null, revoked: null }]), { mode: 0o600 });

try {
  console.log('kept answers  encoding  connections  requests/s   p50 ms   p99 ms  CPU ms  answer kB');
  for (const megabytes of values.kept.split(',')) await measureService(megabytes);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measureService(megabytes: string): Promise<void> {
  const service = spawn(process.execPath, [join(root, 'dist/main.js')], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      DATA_DIR: join(folder, 'data'),
      API_KEYS_FILE: keysFile,
      KEPT_ANSWERS_MAX_MB: megabytes,
      RATE_LIMIT_PER_MINUTE: '1000000',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(service, 'exit');
  try {
    const url = await addressOf(service.stdout);
    for (const encoding of encodings) {
      for (const connections of [1, 20]) {
        await load(url, encoding, connections, milliseconds / 3);
        const before = cpuMilliseconds(service.pid);
        const { count, p50, p99, bytes } = await load(url, encoding, connections, milliseconds);
        const cpu = (cpuMilliseconds(service.pid) - before) / count;
        const rate = (count * 1000) / milliseconds;
        const columns = [rate.toFixed(0), p50.toFixed(2), p99.toFixed(2), cpu.toFixed(2), (bytes / 1000).toFixed(1)];
        const name = megabytes === '0' ? 'none' : `${megabytes} MiB`;
        console.log(
          `${name.padEnd(13)} ${encoding.padEnd(9)} ${String(connections).padStart(11)} ${columns.map((each, at) => each.padStart(at === 0 ? 11 : at === 4 ? 10 : 8)).join(' ')}`,
        );
      }
    }
  } finally {
    service.kill('SIGTERM');
    await exited;
  }
}

/** Processor time of a process, of all its threads. Less than the time of a request if other programs use the processors. */
function cpuMilliseconds(pid = 0): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function addressOf(output: NodeJS.ReadableStream): Promise<URL> {
  for await (const line of createInterface({ input: output })) {
    const [, url] = /^GraphQL +(\S+)/.exec(line) ?? [];
    if (url !== undefined) return new URL(url);
  }
  throw new Error('the service did not start');
}

/** Sends the operation again and again over some connections. A raw socket, as a client would cost more than the service. */
async function load(url: URL, encoding: string, connections: number, duration: number) {
  const body = JSON.stringify({ query });
  const head = [
    `POST ${url.pathname} HTTP/1.1`,
    `host: ${url.host}`,
    `authorization: Bearer ${formatApiKey(key)}`,
    'content-type: application/json',
    `accept-encoding: ${encoding}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  const request = `${head.join('\r\n')}\r\n\r\n${body}`;
  const times: number[] = [];
  let bytes = 0;
  const end = performance.now() + duration;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
      await once(socket, 'connect');
      while (performance.now() < end) {
        const start = performance.now();
        bytes = await exchange(socket, request);
        times.push(performance.now() - start);
      }
      socket.destroy();
    }),
  );
  times.sort((one, other) => one - other);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
  return { count: times.length, p50: at(0.5), p99: at(0.99), bytes };
}

/** Sends a request and reads its response, which has a length or comes in chunks. Returns the bytes received. */
function exchange(socket: ReturnType<typeof connect>, request: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let received = 0;
    let expected: number | null = null;
    let tail = '';
    const onData = (data: Buffer) => {
      received += data.length;
      if (expected === null) {
        const text = data.toString('latin1');
        if (!text.startsWith('HTTP/1.1 200 ')) return reject(new Error(text));
        const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
        expected = length === undefined ? Number.POSITIVE_INFINITY : text.indexOf('\r\n\r\n') + 4 + Number(length);
      }
      tail = (tail + data.subarray(-lastChunk.length).toString('latin1')).slice(-lastChunk.length);
      const isLastChunk = expected === Number.POSITIVE_INFINITY && tail === lastChunk;
      if (received < expected && !isLastChunk) return;
      socket.off('data', onData);
      resolve(received);
    };
    socket.on('data', onData);
    socket.write(request);
  });
}
