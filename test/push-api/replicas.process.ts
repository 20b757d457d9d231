import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type PostgresConnection, withClient } from '../../local/postgres/server.ts';
import type { PostgresServer } from '../../local/postgres/temporary.ts';
import { type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { sharedPostgres } from '../support/databases.ts';
import { type Asked, askPush, type Gate, heldOf, latch, openGate, type Phase } from '../support/push-api.ts';
import { expectHeld, token } from '../support/push-stages.ts';
import { dataDir, pushEnvironment, type Service, start, writePushWorld } from '../support/service.ts';

const count = 12;

// Three full processes start.
vi.setConfig({ testTimeout: 180_000 });

describe('two processes with one ledger and one AdSuite', () => {
  let postgres: PostgresServer;
  let ledger: PostgresConnection;
  let sandbox: Sandbox;
  let gate: Gate;
  let env: Record<string, string>;
  let pass: (phase: Phase, request: number) => Promise<void> | void;
  let services: [Service, Service];
  let one: Asked;
  let other: Asked;
  const folder = mkdtempSync(join(tmpdir(), 'attribution-replicas-'));
  const loaded = join(folder, 'data');
  beforeAll(async () => {
    postgres = sharedPostgres();
  });
  afterAll(async () => {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    ledger = await postgres.createDatabase('ledger');
    sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
    pass = () => {};
    gate = await openGate(sandbox.url, (phase, request) => pass(phase, request));
    env = { WAREHOUSE_CSV: writePushWorld('csv', count), ...pushEnvironment({ url: gate.url, token }, ledger) };
    if (!existsSync(loaded)) await load(env);
    cpSync(loaded, dataDir(), { recursive: true });
    cpSync(loaded, `${dataDir()}-other`, { recursive: true });
  });

  /**
   * Starts both processes.
   *
   * @param leaseSeconds how long a killed process keeps its run. On a busy machine, a process that lives can lose a short
   *   lease too, and the other then repeats its requests.
   */
  async function startBoth(leaseSeconds = 60): Promise<void> {
    env.PUSH_LEASE_SECONDS = String(leaseSeconds);
    services = [start(env), start({ ...env, DATA_DIR: `${dataDir()}-other` })];
    const [first, second] = await Promise.all(services.map((service) => service.listening));
    one = askPush(first ?? '');
    other = askPush(second ?? '');
  }
  afterEach(async () => {
    for (const { child } of services) child.kill('SIGKILL');
    await gate.close();
    await sandbox.close();
  });

  /** Both processes read the same builds: one warehouse is loaded, then copied. */
  async function load(env: Record<string, string>): Promise<void> {
    const loader = start({ ...env, DATA_DIR: loaded });
    await loader.listening;
    loader.child.kill('SIGTERM');
    expect(await loader.exit).toBe(0);
  }

  const holdsAll = (version: number) =>
    expectHeld(
      sandbox,
      Array.from({ length: count }, (_, index) => heldOf(index + 1, version, 1)),
    );

  test('the same mutation at both at the same time is one run, delivered once', async () => {
    await startBoth();
    const input = { idempotencyKey: 'both', waitSeconds: 60 };
    const [run, same] = await Promise.all([one.push(input), other.push(input)]);
    expect(run).toMatchObject({ state: 'SUCCEEDED', counts: { planned: count, accepted: count } });
    expect(same.id).toBe(run.id);
    expect(sandbox.requests()).toHaveLength(count);
    holdsAll(run.version);
  });

  test('another push gets the id of the run in progress, at either process', async () => {
    await startBoth();
    const held = latch();
    pass = (phase) => (phase === 'applied' ? held.wait() : undefined);
    const { id } = await one.push({ waitSeconds: 0 });
    await held.reached;
    for (const asked of [one, other]) {
      expect(await asked.pushRefused()).toMatchObject({ code: 'PUSH_IN_PROGRESS', status: 409, runId: id });
    }
    held.release();
    const run = await other.ended(id);
    expect(run.state).toBe('SUCCEEDED');
    expect(await other.push()).toMatchObject({ state: 'SUCCEEDED', counts: { planned: 0 } });
    holdsAll(run.version);
  });

  test('of two concurrent pushes one is sent, and the other is refused or has nothing to send', async () => {
    await startBoth();
    const asked = [one, other].map((at) => at.push({ waitSeconds: 60 }).catch((error: Error) => error.message));
    const ends = await Promise.all(asked);
    const runs = ends.filter((end) => typeof end !== 'string');
    expect(runs.reduce((sum, run) => sum + run.counts.accepted, 0)).toBe(count);
    for (const end of ends) if (typeof end === 'string') expect(end).toContain('PUSH_IN_PROGRESS');
    expect(sandbox.requests()).toHaveLength(count);
    holdsAll(runs[0]?.version ?? 0);
  });

  test('the other process takes over the run of a killed one', async () => {
    await startBoth(2);
    const [{ child, exit }] = services;
    const answered = Promise.withResolvers<void>();
    pass = async (phase, request) => {
      if (phase !== 'applied' || request !== 4) return;
      await answered.promise;
      child.kill('SIGKILL');
      await exit;
    };
    const { id } = await one.push({ waitSeconds: 0 });
    answered.resolve();
    await exit;
    const run = await other.ended(id);
    expect(run).toMatchObject({ state: 'SUCCEEDED', counts: { planned: count, accepted: count } });
    holdsAll(run.version);
  });

  test('a run that waits for a Retry-After shows it at both, and keeps waiting when the other takes it over', async () => {
    await startBoth(2);
    sandbox.setFaults([{ kind: 'status', status: 429, retryAfter: '600' }]);
    const [{ child, exit }] = services;
    const { id } = await one.push({ waitSeconds: 0 });
    let run = await other.run(id);
    while (!run?.progress.nextAttemptAt) run = await other.run(id);
    const due = Date.parse(run.progress.nextAttemptAt);
    const { requests } = run.progress;
    // One attempt may be recorded but not sent: another one's Retry-After held it back.
    const sent = sandbox.requests().length;
    expect((await one.run(id))?.progress).toMatchObject({ requests, nextAttemptAt: run.progress.nextAttemptAt });
    child.kill('SIGKILL');
    await exit;
    const fence = async () => {
      const { rows } = await withClient(ledger, (client) => client.query('select fence from ledger.push_runs'));
      return Number(rows[0]?.fence);
    };
    while ((await fence()) < 2);
    sandbox.setFaults([]);
    // Its worker checks for a cancellation; by then it has decided whether to send.
    run = await other.cancel(id);
    expect(run).toMatchObject({ state: 'CANCELLED', counts: { pending: count, unknown: 0 }, progress: { requests } });
    expect(sandbox.requests()).toHaveLength(sent);
    expect(due).toBeGreaterThan(Date.now());
  });

  test('a run that waits for a Retry-After can be resumed at the process that does not deliver it', async () => {
    await startBoth();
    sandbox.setFaults([{ kind: 'status', status: 429, retryAfter: '600' }]);
    const { id } = await one.push({ waitSeconds: 0 });
    while (!(await other.run(id))?.progress.nextAttemptAt);
    sandbox.setFaults([]);
    const { run } = await other.ask<{ run: object }>(`mutation {
      run: resumePush(runId: "${id}", waitSeconds: 60, requestedBy: "a test") { state resumed { by } counts { accepted } }
    }`);
    expect(run).toEqual({ state: 'SUCCEEDED', resumed: { by: 'a test' }, counts: { accepted: count } });
  });

  test('a run can be cancelled at the process that does not deliver it', async () => {
    await startBoth();
    const held = latch();
    pass = (phase) => (phase === 'arrived' ? held.wait() : undefined);
    const { id } = await one.push({ waitSeconds: 0 });
    await held.reached;
    const cancelled = other.cancel(id);
    const asked = () =>
      withClient(ledger, (client) => client.query('select from ledger.push_runs where cancelled_at is not null'));
    while ((await asked()).rowCount === 0);
    held.release();
    const run = await cancelled;
    expect(run.state).toBe('CANCELLED');
    // One line in the log of one of them.
    const line = /"msg":"push was cancelled"/g;
    await Promise.race(services.map((service) => service.said(new RegExp(line.source))));
    expect(run.counts.accepted + run.counts.pending).toBe(count);
    expect(sandbox.ids()).toHaveLength(run.counts.accepted);
    expect(await other.retry(id)).toMatchObject({ counts: { planned: run.counts.pending }, retryOf: id });
    holdsAll(run.version);
    // The retry was reported after it, so no second line follows.
    expect(services.flatMap((service) => service.output().match(line) ?? [])).toHaveLength(1);
  });
});
