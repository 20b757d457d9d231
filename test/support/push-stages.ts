import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { DeliveryLimits } from '../../src/config/push.ts';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { type FaultInput, type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { type LedgerServer, ledgerServers, openTestLedger } from './ledgers.ts';
import { type Asked, askPush, type Counts, type heldOf, openGate, type Pass, PushWarehouse } from './push-api.ts';
import { serve, type TestPushingOptions, type TestService } from './service.ts';
import type { TestDatabase } from './warehouses.ts';

export const token = 'the-token-of-the-tests';

/** Short waits, and few attempts. */
export const fast: Partial<DeliveryLimits> = {
  attempts: 4,
  backoff: { baseMilliseconds: 1, capMilliseconds: 4 },
  retryBudget: { tokens: 10_000, perSecond: 1_000, perAnswer: 1 },
  breaker: { failures: 10_000, openMilliseconds: 1, capMilliseconds: 1 },
  checkMilliseconds: 5,
  pollMilliseconds: 20,
};

/** The service on a real port, with an empty ledger and an empty AdSuite. */
export interface PushStage extends Asked {
  readonly service: TestService;
  readonly sandbox: Sandbox;
  readonly ledger: Ledger;
  /** Checks that AdSuite holds exactly these rows, each applied once per version, and that the receipts agree. */
  holds(expected: readonly ReturnType<typeof heldOf>[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens it with an existing warehouse and an existing database for the ledger.
 *
 * @param pass decides when requests to AdSuite and its answers are passed on; omitted: at once.
 */
export async function openPushStage(
  database: TestDatabase,
  target: LedgerTarget,
  pushing: Partial<TestPushingOptions> = {},
  pass?: Pass,
): Promise<PushStage> {
  const sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
  const gate = pass ? await openGate(sandbox.url, pass) : null;
  const ledger = openTestLedger(target);
  const adsuite = { url: gate?.url ?? sandbox.url, token };
  const service = await serve(database.target, {}, {}, { ledger, adsuite, delivery: fast, ...pushing });
  const asked = askPush(service.url);
  return {
    ...asked,
    service,
    sandbox,
    ledger,
    holds: async (expected) => {
      expectHeld(sandbox, expected);
      const receipts = await asked.receipts();
      expect(Object.fromEntries(receipts)).toEqual(
        Object.fromEntries(expected.map(({ iterationId, strategyId: _, ...rest }) => [iterationId, rest])),
      );
    },
    close: async () => {
      await service.close();
      await gate?.close();
      await sandbox.close();
    },
  };
}

/** Checks that AdSuite holds exactly these rows, and that no key and no version had an effect twice. */
export function expectHeld(sandbox: Sandbox, expected: readonly ReturnType<typeof heldOf>[]): void {
  expect(sandbox.ids().map((id) => sandbox.held(id))).toEqual(expected);
  for (const { iterationId, version } of expected) {
    const effects = sandbox.effects(iterationId);
    const versions = effects.map((effect) => effect.version);
    expect(versions).toEqual([...new Set(versions)].sort((one, other) => one - other));
    expect(versions.at(-1)).toBe(version);
    expect(new Set(effects.map(({ key }) => key)).size).toBe(effects.length);
  }
}

/** A warehouse for the tests of a file. `open` opens a stage with an empty ledger on PGlite. */
export function stagesOf(iterations: number) {
  let server: LedgerServer;
  let warehouse: PushWarehouse;
  let target: LedgerTarget;
  let stages: PushStage[] = [];
  beforeAll(async () => {
    const [[, startPglite]] = ledgerServers as typeof ledgerServers & readonly [(typeof ledgerServers)[number]];
    [warehouse, server] = await Promise.all([PushWarehouse.open(iterations), startPglite()]);
  });
  afterEach(async () => {
    for (const stage of stages) await stage.close();
    stages = [];
  });
  afterAll(async () => {
    await server.stop();
    await warehouse.database.close();
  });
  return {
    warehouse: () => warehouse,
    open: async (options: Partial<TestPushingOptions> = {}, pass?: Pass): Promise<PushStage> => {
      // A given ledger is the one of an earlier stage.
      if (!options.ledger) target = await server.emptyLedger();
      const stage = await openPushStage(warehouse.database, target, options, pass);
      stages.push(stage);
      return stage;
    },
    /** Closes the last stage, and opens one with the same ledger and a new AdSuite. */
    withAnotherAdsuite: async (last: PushStage): Promise<PushStage> => {
      await last.close();
      const stage = await openPushStage(warehouse.database, target);
      stages = [...stages.filter((each) => each !== last), stage];
      return stage;
    },
  };
}

/** A fault, and the expected result of a push of seven rows, in requests of three rows, one at a time. */
export interface FaultCase {
  readonly name: string;
  readonly fault: FaultInput;
  readonly state: 'SUCCEEDED' | 'PARTIAL' | 'FAILED';
  /** The counts that are not 0. */
  readonly counts: Partial<Counts>;
  /** The number of requests. */
  readonly requests: number;
  /** Why the run failed, or else its last failed request. */
  readonly reason: RegExp;
  /** States and codes of rows that are not ACCEPTED, if the counts do not determine them. */
  readonly rows?: Readonly<Record<string, readonly [state: string, code: string | null]>>;
  /** Whether AdSuite finds a repeated request to be applied already. */
  readonly isRepeated?: true;
  /** Whether the process then sends no request for longer than a run's time limit. */
  readonly isQuiet?: true;
  /** Limits of the delivery that differ from `fast`. */
  readonly delivery?: Partial<DeliveryLimits>;
  /** Timeout of a request in milliseconds; omitted: a long one. */
  readonly patience?: number;
}

const all = { accepted: 7 };
/** A fault that occurs once: the request is repeated, with no other effect. */
const passes = (name: string, fault: FaultInput, reason: RegExp, more: Partial<FaultCase> = {}): FaultCase => ({
  ...{ name: `${name}, once`, fault: { ...fault, next: 1 }, state: 'SUCCEEDED', counts: all, requests: 4, reason },
  ...more,
});
/** A permanent fault: each of the three requests is sent four times, then its rows end UNKNOWN. */
const stays = (name: string, fault: FaultInput, reason: RegExp, more: Partial<FaultCase> = {}): FaultCase => ({
  ...{ name: `${name}, permanently`, fault, state: 'FAILED', counts: { unknown: 7 }, requests: 12, reason },
  ...more,
});
/** A fault that ends the run. */
const ends = (name: string, fault: FaultInput, reason: RegExp, more: Partial<FaultCase> = {}): FaultCase => ({
  ...{ name: `${name}: ends the run`, fault, state: 'FAILED', counts: { pending: 7 }, requests: 1, reason },
  ...more,
});

const tooMany = (retryAfter?: string, status = 429) =>
  ({ kind: 'status', status, ...(retryAfter ? { retryAfter } : {}) }) as const;
/** A process that honours a Retry-After of up to two days, far longer than a run's time limit. */
const patient = { isQuiet: true, delivery: { retryAfterMaxMilliseconds: 48 * 3_600_000 } } as const;
/** The rows of a request that was answered with 503 may have been applied. */
const inDoubt = { ...patient, counts: { unknown: 3, pending: 4 } } as const;

const busy: readonly FaultCase[] = [
  ...[undefined, '0', '1', '-5', 'soon', '1.5', 'Wed, 21 Oct 2015 07:28:00 GMT'].map((value) =>
    passes(`429 with Retry-After ${value ?? 'absent'}`, tooMany(value), /answered 429/),
  ),
  ends(
    '429 with a Retry-After that exceeds the run',
    tooMany('100000'),
    /^AdSuite's Retry-After \(100000 s\) exceeds this run's time limit: AdSuite answered 429/,
    patient,
  ),
  ends(
    '503 with a Retry-After that exceeds the run',
    tooMany('100000', 503),
    /^AdSuite's Retry-After \(100000 s\) exceeds this run's time limit: AdSuite answered 503/,
    inDoubt,
  ),
];

const broken: readonly FaultCase[] = [500, 503].flatMap((status) => [
  passes(`${status}`, { kind: 'status', status }, new RegExp(`answered ${status}`)),
  passes(`${status} after the effect`, { kind: 'status', status, applied: true }, new RegExp(`answered ${status}`), {
    isRepeated: true,
  }),
  stays(`${status}`, { kind: 'status', status }, new RegExp(`answered ${status}`)),
]);

const garbled: readonly FaultCase[] = (
  [
    ['half an answer', { kind: 'cut' }, /answered 200, but/],
    ['HTML', { kind: 'html' }, /content type is text\/html/],
    ['no JSON', { kind: 'body', body: '{"results": [' }, /not JSON/],
    ['JSON of another shape', { kind: 'body', body: '{"ok": true}' }, /does not match the contract/],
    [
      'results of other rows',
      { kind: 'body', body: '{"results":[{"iterationId":"99","status":"accepted"}]}' },
      /no row/,
    ],
    ['an unknown status', { kind: 'body', body: '{"results":[{"iterationId":"1","status":"maybe"}]}' }, /no row/],
  ] as const
).flatMap(([name, fault, reason]) => [
  passes(name, fault, reason, { isRepeated: true }),
  stays(name, fault, reason, { isRepeated: true }),
]);

const cutOff: readonly FaultCase[] = [
  passes('a reset before the effect', { kind: 'reset' }, /no answer/),
  passes('a reset after the effect', { kind: 'reset', applied: true }, /no answer/, { isRepeated: true }),
  stays('a reset before the effect', { kind: 'reset' }, /no answer/),
  stays('a reset after the effect', { kind: 'reset', applied: true }, /no answer/, { isRepeated: true }),
  passes('silence', { kind: 'silence' }, /no complete answer within 1 s/, { patience: 1000 }),
  stays('silence', { kind: 'silence' }, /no complete answer within 0.3 s/, { patience: 300 }),
  passes('an answer that stalls', { kind: 'stall' }, /no complete answer within 1 s/, {
    patience: 1000,
    isRepeated: true,
  }),
  passes('an endless answer', { kind: 'endless' }, /longer than 16777216 bytes/, { isRepeated: true }),
];

const refused: readonly FaultCase[] = [
  ...[401, 403, 404, 405].map((status) =>
    ends(`${status}`, { kind: 'status', status }, new RegExp(`answered ${status} \\(INJECTED`)),
  ),
  ...[400, 409, 413, 422].map((status) =>
    passes(`${status}, which splits the batch`, { kind: 'status', status }, /^$/, { requests: 5 }),
  ),
  ...[400, 409, 413, 422].map((status) =>
    // 3 rows: all, then 2 and 1, then each of the 2.
    stays(`${status}`, { kind: 'status', status, code: 'NO' }, /^$/, { counts: { rejected: 7 }, requests: 11 }),
  ),
  passes(
    '409, because the first request is still processed',
    { kind: 'status', status: 409, code: 'REQUEST_IN_PROGRESS' },
    /409/,
  ),
];

const partial = (
  name: string,
  fault: FaultInput,
  ids: readonly string[],
  code: string,
  requests: number,
): FaultCase => ({
  ...{
    name,
    fault,
    state: 'PARTIAL',
    counts: { accepted: 7 - ids.length, rejected: ids.length },
    requests,
    reason: /^$/,
  },
  rows: Object.fromEntries(ids.map((id) => [id, ['REJECTED', code]])),
});

const rowwise: readonly FaultCase[] = [
  partial('rejected rows', { kind: 'reject', iterationIds: ['2', '6'], code: 'CLOSED' }, ['2', '6'], 'CLOSED', 3),
  partial(
    'iterations that AdSuite does not know',
    { kind: 'onlyKnown', iterationIds: ['1', '7'] },
    ['2', '3', '4', '5', '6'],
    'UNKNOWN_ITERATION',
    3,
  ),
  ...([400, 413, 422] as const).map((status) =>
    // Of 4, 5, 6: all; 4 and 5, then each; 6. Or the halves in the other order.
    partial(`a poison row (${status})`, { kind: 'poison', iterationIds: ['5'], status }, ['5'], 'UNPROCESSABLE', 7),
  ),
  passes('missing results', { kind: 'omit' }, /no result for these rows/),
  {
    ...{ name: 'a result that is always missing', fault: { kind: 'omit', iterationIds: ['2'] }, state: 'PARTIAL' },
    ...{ counts: { accepted: 6, unknown: 1 }, requests: 6, reason: /the answer has no row of the request/ },
    rows: { 2: ['UNKNOWN', null] },
    isRepeated: true,
  },
];

export const faultCases: readonly FaultCase[] = [...busy, ...broken, ...garbled, ...cutOff, ...refused, ...rowwise];
