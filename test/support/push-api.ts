import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { openTestDatabase, type RawWorld, type TestDatabase } from './warehouses.ts';

/** The time of the first build of a push world. */
const pushWorldAsOf = '2026-02-20T00:00:00.000000Z';

const start = Date.UTC(2026, 0, 1);

/** The time `hours` after an iteration begins. Each begins ten hours after the one before. */
function at(iteration: number, hours: number): string {
  return `${new Date(start + (iteration * 10 + hours) * 3_600_000).toISOString().slice(0, 19)}.000001Z`;
}

/**
 * Iterations 1 to `count` (100 at most), odd ones of strategy 1 and even ones of strategy 2, each with a click and a
 * conversion.
 */
export function pushWorld(count: number): RawWorld {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  return {
    strategies: [1, 2].map((id) => ({ id: `${id}`, name: null, tune_offer_id: `${50 + id}`, created_at: at(0, 0) })),
    iterations: ids.map((id) => ({
      ...{ iteration_id: `${id}`, strategy_id: strategyOf(id), name: null, created_at: at(id, 0) },
    })),
    campaigns: [1, 2].map((id) => ({ id: `${id}`, name: null, adaction_id: `${50 + id}` })),
    clicks: ids.map((id) => ({
      ...{ click_id: `c${id}`, campaign_id: strategyOf(id), timestamp: at(id, 1) },
      ...{ iteration_id: null, loaded_at: at(id, 2) },
    })),
    events: ids.map((id) => event(id, `e${id}`)),
  };
}

/** What AdSuite must hold for an iteration of a push world with this number of conversions. */
export function heldOf(iteration: number, version: number, conversions: number) {
  const payout = ((iteration + 0.25) * conversions).toFixed(4);
  return {
    ...{ iterationId: `${iteration}`, strategyId: strategyOf(iteration), version, clicks: 1, conversions, payout },
    ...{ firstConversionAt: at(iteration, 3), lastConversionAt: at(iteration, 3) },
    byGoal: [{ goalReferenceId: 'g1', conversions, payout }],
  };
}

/** A warehouse with a push world, and the metrics that follow from it. */
export class PushWarehouse {
  /** The newest build's number. */
  version = 1;
  readonly #conversions = new Map<number, number>();

  private constructor(
    readonly database: TestDatabase,
    readonly count: number,
  ) {}

  /** @param kind that of this test run if omitted. */
  static async open(count: number, kind?: 'PGlite' | 'PostgreSQL'): Promise<PushWarehouse> {
    return new PushWarehouse(await openTestDatabase(pushWorld(count), pushWorldAsOf, kind), count);
  }

  get iterations(): number[] {
    return Array.from({ length: this.count }, (_, index) => index + 1);
  }

  /** Makes a build in which each of these iterations has one more conversion, with vars of the dbt project. */
  async convert(iterations: readonly number[], vars: Readonly<Record<string, unknown>> = {}): Promise<void> {
    this.version += 1;
    for (const iteration of iterations) {
      this.#conversions.set(iteration, this.conversions(iteration) + 1);
      const row = event(iteration, `e${iteration}-${this.version}`);
      const columns = Object.keys(row).map((column) => `"${column}"`);
      const values = Object.values(row).map((_, index) => `$${index + 1}`);
      await this.database.query(`insert into events.events (${columns}) values (${values})`, Object.values(row));
    }
    await this.build(vars);
  }

  /** Makes a build of the current data. Tests take conversions away, so a loss is no error unless the vars say so. */
  build(vars: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const asOf = new Date(Date.parse(pushWorldAsOf) + this.version * 3_600_000).toISOString();
    return this.database.build(asOf, { lost_percent: 100, ...vars });
  }

  conversions(iteration: number): number {
    return this.#conversions.get(iteration) ?? 1;
  }

  /** What AdSuite must hold for an iteration that was pushed with this version; omitted: with the newest. */
  held(iteration: number, version = this.version) {
    return heldOf(iteration, version, this.conversions(iteration));
  }
}

const strategyOf = (iteration: number): string => `${2 - (iteration % 2)}`;

const event = (iteration: number, id: string) => ({
  ...{ event_id: id, event_type: 'goal_complete', click_id: `c${iteration}`, goal_reference_id: 'g1' },
  ...{ payout: `${iteration}.2500`, timestamp: at(iteration, 3), loaded_at: at(iteration, 4) },
});

/** The phases of a request: it has arrived, AdSuite has processed and answered it, the answer was passed on. */
export type Phase = 'arrived' | 'applied' | 'answered';

/** Called in each phase of each request, counted from 1. The request continues when it resolves. */
export type Pass = (phase: Phase, request: number) => Promise<void> | void;

/** A proxy to AdSuite. A test decides when it passes on requests and answers. */
export interface Gate {
  readonly url: string;
  close(): Promise<void>;
}

/** Opens a proxy to the AdSuite at `target`. */
export async function openGate(target: string, pass: Pass): Promise<Gate> {
  let count = 0;
  const server = createServer(async (request, response) => {
    const number = ++count;
    try {
      const body = await buffer(request);
      await pass('arrived', number);
      const { authorization = '', 'content-type': type = '', 'idempotency-key': key = '' } = request.headers;
      const answer = await fetch(`${target}${request.url}`, {
        method: request.method ?? '',
        headers: { authorization, 'content-type': type, 'idempotency-key': String(key) },
        ...(request.method === 'POST' ? { body: new Uint8Array(body) } : {}),
      });
      const text = await answer.text();
      await pass('applied', number);
      const retryAfter = answer.headers.get('retry-after');
      response.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? '',
        ...(retryAfter === null ? {} : { 'retry-after': retryAfter }),
      });
      response.end(text, () => void pass('answered', number));
    } catch {
      // One of the two sides has closed the connection.
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Blocks callers until it is released. */
export function latch() {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  return {
    /** Resolves when a caller waits. */
    reached,
    release,
    wait: (): Promise<void> => {
      reach();
      return released;
    },
  };
}

/** The fields of a run that the tests query. */
export interface Run {
  readonly id: string;
  readonly state: string;
  readonly dryRun: boolean;
  readonly version: number;
  readonly planHash: string;
  readonly requestedBy: string;
  readonly note: string | null;
  readonly override: { readonly reason: string; readonly by: string; readonly at: string } | null;
  readonly cancelled: { readonly by: string | null; readonly at: string } | null;
  readonly findings: readonly { readonly guard: string; readonly message: string }[];
  readonly refusal: string | null;
  readonly reason: string | null;
  readonly retryOf: string | null;
  readonly finishedAt: string | null;
  readonly rowsDeletedAt: string | null;
  readonly counts: Counts;
  readonly progress: {
    readonly settled: number;
    readonly sent: number;
    readonly requests: number;
    readonly rowsPerSecond: number | null;
    readonly secondsLeft: number | null;
    readonly lastFailure: string | null;
    readonly nextAttemptAt: string | null;
  };
  readonly rows: { readonly totalCount: number; readonly nodes: readonly Row[] };
}

export type Counts = Readonly<
  Record<'planned' | 'accepted' | 'stale' | 'gone' | 'rejected' | 'unknown' | 'pending', number>
>;

export interface Row {
  readonly iterationId: string;
  readonly state: string;
  readonly version: number;
  readonly code: string | null;
  readonly message: string | null;
}

const runFields = `
  fragment run on PushRun {
    id state dryRun version planHash requestedBy note override { reason by at } cancelled { by at } findings { guard message } refusal reason retryOf
    finishedAt rowsDeletedAt counts { planned accepted stale gone rejected unknown pending }
    progress { settled sent requests rowsPerSecond secondsLeft lastFailure nextAttemptAt }
    rows(first: 1000) { totalCount nodes { iterationId state version code message } }
  }`;

/** A response with errors. */
export interface Refused {
  readonly status: number;
  readonly message: string;
  readonly code: string;
  readonly [detail: string]: unknown;
}

export interface Asked {
  /** Sends an operation that must succeed. */
  ask<Data>(query: string, variables?: object): Promise<Data>;
  /** Any operation that must fail. */
  refused(query: string, variables?: object): Promise<Refused>;
  push(input?: object): Promise<Run>;
  /** A push that must fail with an error. */
  pushRefused(input?: object): Promise<Refused>;
  retry(runId: string, args?: object): Promise<Run>;
  retryRefused(runId: string, args?: object): Promise<Refused>;
  cancel(runId: string, args?: object): Promise<Run>;
  cancelRefused(runId: string, args?: object): Promise<Refused>;
  run(id: string): Promise<Run | null>;
  /** Polls until a run has ended. */
  ended(id: string): Promise<Run>;
  /** The receipts by iteration id. */
  receipts(): Promise<ReadonlyMap<string, object>>;
}

const pushDocument = `mutation ($input: PushMetricsInput!) { run: pushMetrics(input: $input) { ...run } } ${runFields}`;

const retryDocument = `
  mutation ($runId: ID!, $requestedBy: String, $waitSeconds: Int, $idempotencyKey: String) {
    run: retryPush(runId: $runId, requestedBy: $requestedBy, waitSeconds: $waitSeconds, idempotencyKey: $idempotencyKey) {
      ...run
    }
  } ${runFields}`;
const cancelDocument = `
  mutation ($runId: ID!, $requestedBy: String, $waitSeconds: Int) {
    run: cancelPush(runId: $runId, requestedBy: $requestedBy, waitSeconds: $waitSeconds) { ...run }
  } ${runFields}`;

/** A client for the push API of a service. */
export function askPush(url: string, headers: Readonly<Record<string, string>> = {}): Asked {
  const send = async (query: string, variables: object = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    const answer = (await response.json()) as { data?: unknown; errors?: { message: string; extensions: object }[] };
    return { status: response.status, ...answer };
  };
  const ask = async <Data>(query: string, variables?: object): Promise<Data> => {
    const { data, errors } = await send(query, variables);
    if (errors) throw new Error(JSON.stringify(errors));
    return data as Data;
  };
  const refused = async (query: string, variables?: object): Promise<Refused> => {
    const { status, errors, data } = await send(query, variables);
    const [error] = errors ?? [];
    if (!error) throw new Error(`it was not refused: ${JSON.stringify(data)}`);
    return { status, message: error.message, ...error.extensions } as Refused;
  };
  const runOf = async (query: string, variables: object) => (await ask<{ run: Run }>(query, variables)).run;
  const run = (id: string) => runOf(`query ($id: ID!) { run: pushRun(id: $id) { ...run } } ${runFields}`, { id });
  return {
    ask,
    refused,
    push: (input = {}) => runOf(pushDocument, { input }),
    pushRefused: (input = {}) => refused(pushDocument, { input }),
    retry: (runId, args = {}) => runOf(retryDocument, { runId, ...args }),
    retryRefused: (runId, args = {}) => refused(retryDocument, { runId, ...args }),
    cancel: (runId, args = {}) => runOf(cancelDocument, { runId, ...args }),
    cancelRefused: (runId, args = {}) => refused(cancelDocument, { runId, ...args }),
    run,
    ended: async (id) => {
      for (;;) {
        const found = await run(id);
        if (found.state !== 'RUNNING') return found;
      }
    },
    receipts: async () => {
      const { iterations } = await ask<{ iterations: { nodes: { id: string; lastPush: LastPush | null }[] } }>(`{
        iterations(first: 1000) { nodes { id lastPush { accepted { version values {
          clicks conversions payout firstConversionAt lastConversionAt byGoal { goalReferenceId conversions payout } } } } } }
      }`);
      return new Map(
        iterations.nodes.flatMap(({ id, lastPush }): [string, object][] => {
          const accepted = lastPush?.accepted;
          return accepted ? [[id, { version: accepted.version, ...accepted.values }]] : [];
        }),
      );
    },
  };
}

interface LastPush {
  readonly accepted: { readonly version: number; readonly values: object } | null;
}
