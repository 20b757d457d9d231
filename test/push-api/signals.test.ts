import { describe, expect, test } from 'vitest';
import type { RunRecord } from '../../src/push/ledger.ts';
import { runEndLine } from '../../src/push/record/run-end.ts';
import type { Run } from '../support/push-api.ts';
import { fast, type PushStage, stagesOf } from '../support/push-stages.ts';

const count = 7;
const { open } = stagesOf(count);
const delivery = { ...fast, concurrency: 1 };
const busy = { kind: 'status', status: 503, code: 'BUSY' } as const;
const rateLimited = (retryAfter: string) =>
  ({ kind: 'status', status: 429, code: 'RATE_LIMITED', retryAfter }) as const;

interface Waiting {
  readonly state: string;
  readonly resumed: { readonly by: string } | null;
  readonly progress: {
    readonly nextAttemptAt: string | null;
    readonly waitingFor: string | null;
    readonly circuitBreaker: string | null;
    readonly lastFailure: string | null;
  };
}

const fields =
  'id state resumed { by } counts { accepted pending } progress { nextAttemptAt waitingFor circuitBreaker lastFailure }';

const waitingRun = async (stage: PushStage, id: string): Promise<Waiting> =>
  (await stage.ask<{ run: Waiting }>(`{ run: pushRun(id: "${id}") { ${fields} } }`)).run;

const resume = async (stage: PushStage, id: string, args = ''): Promise<Waiting> =>
  (await stage.ask<{ run: Waiting }>(`mutation { run: resumePush(runId: "${id}"${args}) { ${fields} } }`)).run;

/** A run at this service that waits. */
async function waiting(stage: PushStage): Promise<string> {
  const { id } = await stage.push({ waitSeconds: 0 });
  while ((await waitingRun(stage, id)).progress.nextAttemptAt === null);
  return id;
}

describe('the end of a push is a line of the log', () => {
  /** Two services on one ledger, and the lines of both. */
  async function openBoth(options: object = {}) {
    const lines: (ReturnType<typeof runEndLine> & { readonly by: string })[] = [];
    const waiters: (() => void)[] = [];
    const logged = (by: string) => (run: RunRecord) => {
      lines.push({ ...runEndLine(run), by });
      for (const wake of waiters.splice(0)) wake();
    };
    const one = await open({ delivery, onEnded: logged('one'), ...options });
    const other = await open({ delivery, ledger: one.ledger, onEnded: logged('other'), ...options });
    const untilLines = async (number: number) => {
      while (lines.length < number) await new Promise<void>((resolve) => waiters.push(resolve));
      return lines;
    };
    /** A push that succeeds. A worker reports earlier runs first. */
    const last = async () => {
      one.sandbox.setFaults([]);
      other.sandbox.setFaults([]);
      return (await one.push({ resend: true, override: { reason: 'the last one' } })).id;
    };
    return { one, other, lines, untilLines, last };
  }

  test.each([
    [
      'FAILED',
      (stage: PushStage) => stage.sandbox.setFaults([{ kind: 'status', status: 401 }]),
      /^AdSuite answered 401/,
    ],
    [
      'PARTIAL',
      (stage: PushStage) =>
        stage.sandbox.setFaults([{ kind: 'reject', iterationIds: ['2'], code: 'CLOSED', message: 'It is closed.' }]),
      /^Rows rejected by AdSuite: 1$/,
    ],
    [
      'FAILED',
      (stage: PushStage) => stage.sandbox.setFaults([{ kind: 'reset', applied: true }]),
      /sent and not answered: 7/,
    ],
  ])(
    'at warn if it is %s, with run, counts, caller and reason, once for both services',
    async (state, setFaults, reason) => {
      const { one, other, untilLines, last } = await openBoth();
      for (const stage of [one, other]) setFaults(stage);
      const run = await one.ended((await one.push({ requestedBy: 'ana' })).id);
      expect(run.state).toBe(state);
      const id = await last();
      const lines = await untilLines(2);
      expect(lines).toHaveLength(2);
      const lineOf = (runId: string) => lines.find(({ fields }) => fields.run === runId);
      expect(lineOf(run.id)).toMatchObject({ level: 'warn', fields: { state, counts: run.counts, caller: 'ana' } });
      expect(lineOf(run.id)?.fields.reason).toMatch(reason);
      expect(lineOf(id)).toMatchObject({ level: 'info', fields: { state: 'SUCCEEDED', reason: null } });
    },
  );

  test('at warn if it is cancelled, with who cancelled it', async () => {
    const { one, other, untilLines } = await openBoth();
    for (const stage of [one, other]) stage.sandbox.setFaults([rateLimited('600')]);
    const id = await waiting(one);
    await other.cancel(id, { requestedBy: 'ben' });
    expect(await untilLines(1)).toMatchObject([
      { level: 'warn', fields: { run: id, state: 'CANCELLED', cancelledBy: 'ben', reason: 'Cancelled by ben' } },
    ]);
  });

  test('at warn if it is refused, with the findings; a known key and a dry run are no further lines', async () => {
    const { one, untilLines, lines } = await openBoth({ limits: refusing });
    const input = { idempotencyKey: 'key', requestedBy: 'ana' };
    const refused = await one.push(input);
    expect(refused.state).toBe('REFUSED');
    await one.push(input);
    await one.push({ dryRun: true });
    const second = await one.push();
    await untilLines(2);
    expect(lines).toMatchObject([
      { level: 'warn', fields: { run: refused.id, state: 'REFUSED', caller: 'ana', reason: refused.refusal } },
      { level: 'warn', fields: { run: second.id, state: 'REFUSED' } },
    ]);
  });

  test('also if the process that ended it could not write it: the next one does', async () => {
    const ended: string[] = [];
    const stage = await open({ delivery });
    // A process without a log, because it died: its service does not take ended runs.
    const { ledger } = stage;
    const silent = { ...ledger, pushes: { ...ledger.pushes, takeEnded: async () => null }, close: async () => {} };
    const dying = await open({ delivery, ledger: silent, limits: refusing });
    const refused = await dying.push();
    expect(refused.state).toBe('REFUSED');
    const { promise, resolve } = Promise.withResolvers<void>();
    const next = await open({
      ...{ delivery, ledger },
      onEnded: (run) => {
        ended.push(run.id);
        resolve();
      },
    });
    next.service.push.resume();
    await promise;
    expect(ended).toEqual([refused.id]);
  });
});

const refusing = {
  ...{ buildMinutes: 1, mirrorMinutes: 1e8, unattributedPoints: 100, growthPercent: 1_000, shrinkPercent: 1_000 },
  ...{ payoutPercent: 1_000, comparedFrom: 0, iterationShrinkPercent: 100, iterationShrinkMinimum: 1_000 },
};

describe('a run that waits', () => {
  test('for Retry-After says so, at every service on the ledger, and continues when an operator resumes it at another one', async () => {
    const one = await open({ delivery });
    one.sandbox.setFaults([rateLimited('600')]);
    const id = await waiting(one);
    const other = await open({ delivery, ledger: one.ledger });
    for (const stage of [one, other]) {
      const { progress } = await waitingRun(stage, id);
      expect(progress).toMatchObject({ waitingFor: 'RETRY_AFTER', circuitBreaker: 'CLOSED' });
      expect(progress.lastFailure).toMatch(/429/);
    }
    one.sandbox.setFaults([]);
    const run = await resume(other, id, ', requestedBy: "the operator"');
    expect(run).toMatchObject({
      ...{ state: 'SUCCEEDED', resumed: { by: 'the operator' }, counts: { accepted: count, pending: 0 } },
      progress: { nextAttemptAt: null, waitingFor: null, circuitBreaker: null },
    });
    // Again, after the end: nothing changes.
    expect(await resume(other, id, ', requestedBy: "another"')).toEqual(run);
  });

  test('for the circuit breaker says so, and a request to resume probes once', async () => {
    const breaker = { failures: 3, openMilliseconds: 3_600_000, capMilliseconds: 3_600_000 };
    const stage = await open({ delivery: { ...delivery, attempts: 100, runMilliseconds: 10_000_000, breaker } });
    stage.sandbox.setFaults([busy]);
    const id = await waiting(stage);
    const { progress } = await waitingRun(stage, id);
    expect(progress).toMatchObject({ waitingFor: 'CIRCUIT_BREAKER', circuitBreaker: 'OPEN' });
    expect(Date.parse(progress.nextAttemptAt ?? '')).toBeGreaterThan(Date.now() + 3_000_000);
    expect(stage.service.push.breaker()).toBe('OPEN');
    const before = stage.sandbox.requests().length;
    // AdSuite still fails: one request, then the run waits again.
    expect(await resume(stage, id, ', waitSeconds: 0')).toMatchObject({ state: 'RUNNING' });
    const isOpen = async () => (await waitingRun(stage, id)).progress.circuitBreaker === 'OPEN';
    while (!(await isOpen()) || stage.sandbox.requests().length === before);
    expect(stage.sandbox.requests()).toHaveLength(before + 1);
    stage.sandbox.setFaults([]);
    expect(await resume(stage, id)).toMatchObject({ state: 'SUCCEEDED', counts: { accepted: count } });
    expect(stage.service.push.breaker()).toBe('CLOSED');
  });

  test('a run that does not exist is an error', async () => {
    const stage = await open({ delivery });
    expect(await stage.refused('mutation { resumePush(runId: "none") { id } }')).toMatchObject({
      ...{ code: 'PUSH_NOT_FOUND', status: 404 },
    });
  });
});

describe('pages of a plan', () => {
  const plan = (after: string | null, input = '{}', first = 3) =>
    `{ plan: planMetricsPush(input: ${input}, first: ${first}${after === null ? '' : `, after: "${after}"`}) {
      planHash totals { changed } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } rows { iterationId new { payout } }
    } }`;
  interface Plan {
    readonly planHash: string;
    readonly totals: { readonly changed: number };
    readonly pageInfo: {
      readonly hasNextPage: boolean;
      readonly hasPreviousPage: boolean;
      readonly endCursor: string | null;
    };
    readonly rows: readonly { readonly iterationId: string }[];
  }

  test('lead to its end, the largest change first', async () => {
    const stage = await open({ delivery });
    const ids: string[] = [];
    const seen: [number, boolean, boolean][] = [];
    for (let after: string | null = null; ; ) {
      const { plan: page }: { plan: Plan } = await stage.ask(plan(after));
      ids.push(...page.rows.map(({ iterationId }) => iterationId));
      seen.push([page.totals.changed, page.pageInfo.hasPreviousPage, page.pageInfo.hasNextPage]);
      after = page.pageInfo.endCursor;
      if (!page.pageInfo.hasNextPage) break;
    }
    // All have one conversion, and a payout that grows with the id.
    expect(ids).toEqual(['7', '6', '5', '4', '3', '2', '1']);
    expect(seen).toEqual([
      [7, false, true],
      [7, true, true],
      [7, true, false],
    ]);
    const { plan: none } = await stage.ask<{ plan: Plan }>(plan(null, '{}', 0));
    expect(none).toMatchObject({ rows: [], pageInfo: { hasNextPage: true, endCursor: null } });
  });

  test('refuse a cursor of another list, and report a plan that has changed', async () => {
    const stage = await open({ delivery });
    const { plan: page } = await stage.ask<{ plan: Plan }>(plan(null));
    const cursor = page.pageInfo.endCursor ?? '';
    const wrong = [
      plan(cursor, '{iterationIds: ["1", "2"]}'),
      plan(cursor, '{resend: true}'),
      plan(`${cursor.slice(0, -2)}xx`),
      `{ pushDrift(after: "${cursor}") { compared } }`,
      `{ pushRuns(after: "${cursor}") { nodes { id } } }`,
    ];
    for (const query of wrong) {
      const error = await stage.refused(query);
      expect(error, query).toMatchObject({ code: 'BAD_USER_INPUT', status: 400 });
      expect(error.message).toMatch(/^after/);
    }
    // An order of ids that means the same is the same list.
    const { plan: some } = await stage.ask<{ plan: Plan }>(plan(null, '{iterationIds: ["1", "2"]}', 1));
    await stage.ask(plan(some.pageInfo.endCursor, '{iterationIds: ["2", "1", "2"]}', 1));

    await stage.push({ iterationIds: ['1'] });
    const error = await stage.refused(plan(cursor));
    expect(error).toMatchObject({ code: 'PLAN_CHANGED', status: 409, planHash: expect.any(String) });
    expect(error.message).toMatch(/^after: plan/);
    expect(error.planHash).not.toBe(page.planHash);
  });

  test('of a comparison with AdSuite lead to its end, and tell if it changed', async () => {
    const stage = await open({ delivery });
    const read = (after: string | null) =>
      stage.ask<{ drift: Plan & { driftHash: string; compared: number } }>(
        `{ drift: pushDrift(first: 4${after === null ? '' : `, after: "${after}"`}) {
          compared driftHash pageInfo { hasNextPage hasPreviousPage endCursor } rows { iterationId } } }`,
      );
    const { drift: first } = await read(null);
    expect(first.rows.map(({ iterationId }) => iterationId)).toEqual(['7', '6', '5', '4']);
    const { drift: second } = await read(first.pageInfo.endCursor);
    expect(second.rows.map(({ iterationId }) => iterationId)).toEqual(['3', '2', '1']);
    expect(second).toMatchObject({ compared: count, driftHash: first.driftHash, pageInfo: { hasNextPage: false } });
    await stage.push({ iterationIds: ['2'] });
    const { drift: changed } = await read(first.pageInfo.endCursor);
    expect(changed.rows.map(({ iterationId }) => iterationId)).toEqual(['3', '1']);
    expect(changed.driftHash).not.toBe(first.driftHash);
    const error = await stage.refused(
      `{ pushDrift(strategyIds: ["1"], after: "${first.pageInfo.endCursor}") { compared } }`,
    );
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', status: 400 });
  });
});

test('a refused run shows what it would have sent; that is not the last push of an iteration, and is not sent', async () => {
  const stage = await open({ delivery, limits: refusing });
  const refused: Run = await stage.push();
  expect(refused).toMatchObject({ state: 'REFUSED', counts: { planned: count, pending: count, accepted: 0 } });
  expect(refused.rows.nodes.map(({ iterationId, state }) => [iterationId, state])).toEqual(
    ['1', '2', '3', '4', '5', '6', '7'].map((id) => [id, 'PENDING']),
  );
  const { run, iteration } = await stage.ask<{ run: object; iteration: object }>(`{
    run: pushRun(id: "${refused.id}") { totals { changed newConversions } rows(first: 2) { pageInfo { hasNextPage } } }
    iteration(id: "1") { lastPush { state } }
  }`);
  expect(run).toMatchObject({
    totals: { changed: count, newConversions: count },
    rows: { pageInfo: { hasNextPage: true } },
  });
  expect(iteration).toEqual({ lastPush: null });
  expect(await stage.retryRefused(refused.id)).toMatchObject({ code: 'NOTHING_TO_RETRY' });
  expect(stage.sandbox.requests()).toEqual([]);
});
