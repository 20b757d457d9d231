import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { EmbeddedStoreError } from '../../src/embedded/embedded-error.ts';
import { type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { startKeptSandbox } from '../../src/embedded/sandbox/kept.ts';
import { RequestLog } from '../../src/embedded/sandbox/request-log.ts';
import { createAdsuiteClient } from '../../src/push/adsuite/client.ts';
import { requestBody } from '../../src/push/adsuite/request.ts';
import type { Sent } from '../../src/push/ports.ts';
import type { Batch } from '../../src/push/types.ts';
import { batch, row, stoppedClock, token, unhurried } from './support.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const stateFile = () => join(folder, 'state.jsonl');
const clientOf = (url: string) =>
  createAdsuiteClient({ url, token, timeoutMilliseconds: 30_000, clock: stoppedClock() });

async function withSandbox<T>(use: (sandbox: Sandbox) => Promise<T>): Promise<T> {
  const sandbox = await startSandbox({ port: 0, token, folder, now: () => new Date() });
  try {
    return await use(sandbox);
  } finally {
    await sandbox.close();
  }
}

/** Batches of two rows. Their iterations recur with higher versions. */
const batches = Array.from({ length: 40 }, (_, index) =>
  batch([row(String(index % 7), index + 1), row(String(100 + index), index + 1)], { runId: `run-${index}` }),
);

/** A sandbox in its own process, which a test can kill. */
const sandboxProcess = `
  import { startSandbox } from '${new URL('../../src/embedded/sandbox/index.ts', import.meta.url)}';
  const [, folder, token] = process.argv;
  const sandbox = await startSandbox({ port: 0, token, folder, now: () => new Date() });
  process.stdout.write(sandbox.url + '\\n');`;

test.each([1, 7, 23])('killed after %d answers, it keeps everything that it answered', async (deathAt) => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', sandboxProcess, folder, token]);
  const died = once(child, 'close');
  const [line] = await once(child.stdout, 'data');
  const client = clientOf(String(line).trim());
  const answered: Batch[] = [];
  const waiting = [...batches];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      if ((await client.send(next, unhurried())).kind !== 'answered') return;
      answered.push(next);
      // The other lanes have requests in flight now.
      if (answered.length === deathAt) child.kill('SIGKILL');
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  await died;
  expect(answered.length).toBeGreaterThanOrEqual(deathAt);

  await withSandbox(async (sandbox) => {
    const again = clientOf(sandbox.url);
    for (const one of answered) {
      expect(await again.send(one, unhurried())).toMatchObject({ kind: 'answered' });
      expect(sandbox.requests().at(-1)).toMatchObject({ isRepeated: true, status: 200 });
    }
    for (const one of batches) await again.send(one, unhurried());
    for (const id of sandbox.ids()) {
      const versions = sandbox.effects(id).map(({ version }) => version);
      expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
      expect(sandbox.held(id)?.version).toBe(
        Math.max(
          ...batches
            .flatMap((one) => one.rows)
            .filter((one) => one.iterationId === id)
            .map((one) => one.version),
        ),
      );
    }
    expect(sandbox.ids()).toHaveLength(47);
  });
});

test('an incomplete last line is ignored', async () => {
  const [first, second, third] = batches.slice(0, 3) as [Batch, Batch, Batch];
  await withSandbox(async ({ url }) => {
    for (const one of [first, second]) await clientOf(url).send(one, unhurried());
  });
  const whole = readFileSync(stateFile());
  const start = whole.indexOf(10) + 1;
  for (let end = start; end < whole.length; end += 97) {
    writeFileSync(stateFile(), whole.subarray(0, end));
    await withSandbox(async (sandbox) => {
      expect(sandbox.ids()).toEqual(['0', '100']);
      await clientOf(sandbox.url).send(third, unhurried());
    });
    await withSandbox(async (sandbox) => {
      expect(sandbox.ids()).toEqual(['0', '2', '100', '102']);
      expect(sandbox.effects('2')).toEqual([{ key: requestBody(third).key, version: 3 }]);
    });
  }
});

test('a disk that is full: what was answered is kept, and what fits is accepted', async () => {
  // The limit of file sizes, in KiB, has the effect of a full disk.
  const limited = 'ulimit -f 16 && exec "$0" --input-type=module --eval "$@"';
  const child = spawn('bash', ['-c', limited, process.execPath, sandboxProcess, folder, token]);
  const died = once(child, 'close');
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  const client = clientOf(String(line).trim());
  const answered: Batch[] = [];
  let outcome: Sent | null = null;
  for (const [index, one] of batches.entries()) {
    outcome = await client.send(one, unhurried());
    if (outcome.kind !== 'answered') {
      expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/500 \(SANDBOX_FAILED: EFBIG/) });
      const rest = batch([row('1000', index + 1)], { runId: 'r' });
      outcome = await client.send(rest, unhurried());
      answered.push(rest);
      break;
    }
    answered.push(one);
  }
  expect(answered.length).toBeLessThan(batches.length);
  expect(outcome).toMatchObject({ kind: 'answered' });
  child.kill();
  await died;
  await withSandbox(async (sandbox) => {
    for (const one of answered) {
      expect(await clientOf(sandbox.url).send(one, unhurried())).toMatchObject({ kind: 'answered' });
      expect(sandbox.requests().at(-1)).toMatchObject({ isRepeated: true });
    }
    expect(sandbox.ids()).toHaveLength(
      new Set(answered.flatMap(({ rows }) => rows.map((one) => one.iterationId))).size,
    );
  });
});

test('a damaged file is reported and not changed', async () => {
  for (const text of ['{"key":\n', '{"key":"k"}\n', '[]\n']) {
    writeFileSync(stateFile(), text);
    await expect(withSandbox(async () => {})).rejects.toThrow(/state\.jsonl is damaged in line 1.*delete it/);
    await expect(withSandbox(async () => {})).rejects.toThrow(EmbeddedStoreError);
    expect(readFileSync(stateFile(), 'utf8')).toBe(text);
  }
});

test('a folder or a port in use is an error', async () => {
  await withSandbox(async ({ url }) => {
    await expect(withSandbox(async () => {})).rejects.toThrow(/in use by process/);
    const same = { port: Number(new URL(url).port), token, folder: null, now: () => new Date() };
    await expect(startSandbox(same)).rejects.toThrow(/Port \d+ for the AdSuite sandbox is in use/);
  });
});

test('it serves only this machine, and only with the token', async () => {
  await withSandbox(async ({ url, requests }) => {
    const post = (headers: Record<string, string>) => fetch(`${url}/v1/iteration-metrics`, { method: 'POST', headers });
    expect((await post({})).status).toBe(401);
    expect((await post({ authorization: 'Bearer other' })).status).toBe(401);
    expect((await post({ authorization: `Bearer ${token}` })).status).toBe(415);
    const read = (headers: Record<string, string>) => fetch(`${url}/v1/iteration-metrics`, { headers });
    expect((await read({})).status).toBe(401);
    expect((await read({ authorization: `Bearer ${token}` })).status).toBe(200);
    expect(requests().map(({ status }) => status)).toEqual([401, 401, 415, 401, 200]);
    expect((await fetch(`${url}/v1/other`)).status).toBe(404);
    expect((await fetch(`${url}/v1/iteration-metrics`, { method: 'PATCH' })).status).toBe(405);
    expect(await statusAs(url, 'attacker.example')).toBe(403);
  });
});

test('it remembers the latest requests only', () => {
  const log = new RequestLog(2);
  const request = { method: 'GET', path: '/', key: null, rows: 0, faults: [], status: 200, isRepeated: false };
  for (let at = 0; at < 5; at++) log.add(request);
  expect(log.list().map(({ number }) => number)).toEqual([4, 5]);
});

/** The status for another Host header, as after DNS rebinding. fetch can't set Host. */
async function statusAs(url: string, host: string): Promise<number | undefined> {
  const [response] = await once(get(`${url}/sandbox/requests`, { headers: { host } }), 'response');
  response.resume();
  return response.statusCode;
}

test('the port and the token stay the same, unless the port is in use or the file is damaged', async () => {
  const first = await startKeptSandbox(folder);
  await first.sandbox.close();
  const second = await startKeptSandbox(folder);
  expect([second.sandbox.url, second.token]).toEqual([first.sandbox.url, first.token]);
  await second.sandbox.close();

  const other = await startSandbox({
    port: Number(new URL(first.sandbox.url).port),
    token,
    folder: null,
    now: () => new Date(),
  });
  const third = await startKeptSandbox(folder);
  expect(third.token).toBe(first.token);
  expect(third.sandbox.url).not.toBe(other.url);
  await Promise.all([other.close(), third.sandbox.close()]);
  const fourth = await startKeptSandbox(folder);
  expect(fourth.sandbox.url).toBe(third.sandbox.url);
  await expect(startKeptSandbox(folder)).rejects.toThrow(EmbeddedStoreError);
  await fourth.sandbox.close();

  expect(statSync(join(folder, 'access.json')).mode & 0o777).toBe(0o600);
  for (const damaged of ['{"port":', '{"port":0,"token":"x"}', '']) {
    writeFileSync(join(folder, 'access.json'), damaged);
    const { sandbox, token: created } = await startKeptSandbox(folder);
    expect(created).not.toBe(first.token);
    await sandbox.close();
  }
});
