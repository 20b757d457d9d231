import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

// The service as `npm start` runs it: the built dist/main.js in a process of its own.
const root = join(import.meta.dirname, '..');

let folder: string;
let children: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'attribution-main-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** A world of five files with one attributed conversion. */
function writeCsv(name: string, files: Record<string, string> = {}): string {
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

interface Service {
  readonly child: ChildProcess;
  /** All that it said until now. */
  output(): string;
  /** Waits until it has said something. */
  said(pattern: RegExp): Promise<void>;
  /** The address, once it listens. */
  readonly listening: Promise<string>;
  readonly exit: Promise<number | null>;
}

function start(env: Record<string, string>): Service {
  const child = spawn('node', [join(root, 'dist/main.js')], {
    env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: join(folder, 'data'), ...env },
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

async function ask<Data>(address: string, query: string): Promise<Data> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return ((await response.json()) as { data: Data }).data;
}

test('starts on five CSV files, answers, ends in order, and does not load the same files again', async () => {
  const csv = writeCsv('csv');
  const first = start({ WAREHOUSE_CSV: csv });
  const address = await first.listening;
  const query = '{ conversion(id: "e1") { status clickedAt iteration { id createdAt } } }';
  const expected = {
    conversion: {
      status: 'ATTRIBUTED',
      clickedAt: '2026-01-02T00:00:00.000001Z',
      iteration: { id: '11', createdAt: '2026-01-02T00:00:00.000001Z' },
    },
  };
  expect(await ask(address, query)).toEqual(expected);
  const page = await fetch(`${address}/graphiql/`);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect((await fetch(`${address}/`, { redirect: 'manual' })).headers.get('location')).toBe('/graphiql/');
  first.child.kill('SIGTERM');
  expect(await first.exit).toBe(0);
  expect(first.output()).toMatch(/Loading/);

  const second = start({ WAREHOUSE_CSV: csv });
  expect(await ask(await second.listening, query)).toEqual(expected);
  expect(second.output()).not.toMatch(/Loading/);
  second.child.kill('SIGINT');
  expect(await second.exit).toBe(0);
});

test('a request that is under way when the signal comes is answered, then the process ends', async () => {
  const service = start({ WAREHOUSE_CSV: writeCsv('csv') });
  const address = await service.listening;
  const body = JSON.stringify({ query: '{ conversions { totalCount nodes { id } } }' });
  // Half of the body holds the request open until the service has heard the signal.
  const pending = request(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': body.length },
    agent: new Agent({ keepAlive: true }),
  });
  const answer = once(pending, 'response') as Promise<[IncomingMessage]>;
  pending.write(body.slice(0, 10));
  // Another request on another connection shows that the server has read what was sent before it.
  await ask(address, '{ dataStatus { build } }');
  service.child.kill('SIGTERM');
  await service.said(/SIGTERM: finishing/);
  pending.end(body.slice(10));
  const [response] = await answer;
  expect(response.statusCode).toBe(200);
  expect(response.headers.connection).toBe('close');
  expect(JSON.parse(await text(response)).data).toEqual({ conversions: { totalCount: 1, nodes: [{ id: 'e1' }] } });
  expect(await service.exit).toBe(0);
});

describe('what a person has to mend ends the start with 1, before anything is touched, without a stack', () => {
  async function failed(env: Record<string, string>): Promise<string> {
    const service = start(env);
    expect(await service.exit).toBe(1);
    expect(service.output()).not.toMatch(/^\s+at /m);
    return service.output();
  }

  test('configuration: every fault at once', async () => {
    const output = await failed({ PORT: 'x', HOST: '0.0.0.0' });
    expect(output).toContain('HOST is "0.0.0.0"');
    expect(output).toContain('PORT is "x"');
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  test('a port in use', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    expect(await failed({ PORT: String(port) })).toContain(`Port ${port} on 127.0.0.1 is in use`);
    expect(existsSync(join(folder, 'data'))).toBe(false);
    other.close();
  });

  test('a faulty file, and nothing is lost of what was loaded before', async () => {
    const csv = writeCsv('csv');
    const good = start({ WAREHOUSE_CSV: csv });
    await good.listening;
    good.child.kill('SIGTERM');
    await good.exit;
    const clicks = readFileSync(join(csv, 'clicks.csv'), 'utf8');
    writeFileSync(join(csv, 'clicks.csv'), `${clicks}c2,7,2026-02-30T00:00:00Z\n`);
    const output = await failed({ WAREHOUSE_CSV: csv });
    expect(output).toContain('clicks.csv');
    expect(output).toMatch(/line 3/);
    expect(output).toContain('timestamp');
    writeFileSync(join(csv, 'clicks.csv'), clicks);
    const again = start({ WAREHOUSE_CSV: csv });
    await again.listening;
    expect(again.output()).not.toMatch(/Loading/);
  });

  test('a data folder in use by another process', async () => {
    const csv = writeCsv('csv');
    const first = start({ WAREHOUSE_CSV: csv });
    const address = await first.listening;
    expect(await failed({ WAREHOUSE_CSV: csv })).toContain(String(first.child.pid));
    expect(await ask(address, '{ dataStatus { build } }')).toMatchObject({ dataStatus: { build: expect.any(String) } });
  });
});
