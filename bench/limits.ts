/**
 * What hostile requests cost the service: it runs with a heap of 512 MB, answers each document once, then ten times at once,
 * while a light query asks how long others wait. Memory is the process's resident set.
 *
 *   npm run bench:limits
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ');

const documents: Readonly<Record<string, string>> = {
  '1,200 aliases of an introspection list': `{ __schema { ${aliases(1200, 'types { name description }')} } }`,
  '1,200 aliases of a top-level field': `{ ${aliases(1200, 'dataStatus { build }')} }`,
  '1,200 top-level __schema': `{ ${aliases(1200, '__schema { __typename }')} }`,
  '300 lists inside introspection lists': `{ __schema { ${aliases(300, 'types { name fields { name description } }')} } }`,
  '2,400 times the same field': `{ ${'dataStatus { build } '.repeat(2400)} }`,
  '20 long aliases on 1,000 rows': `{ conversions(first: 1000) { nodes { ${Array.from({ length: 20 }, (_, at) => `${'x'.repeat(2000)}${at}: id`).join(' ')} } } }`,
  'fragments that double 30 times': `{ ...f0 } ${Array.from({ length: 30 }, (_, at) => `fragment f${at} on Query { ...f${at + 1} ...f${at + 1} }`).join(' ')} fragment f30 on Query { dataStatus { build } }`,
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
  // The first requests compile what all later ones use.
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
