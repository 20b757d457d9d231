/** A run as the tests ask for it. */
export interface Run {
  readonly id: string;
  readonly state: string;
  readonly dryRun: boolean;
  readonly version: number;
  readonly planHash: string;
  readonly requestedBy: string;
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

export type Counts = Readonly<Record<'planned' | 'accepted' | 'stale' | 'rejected' | 'unknown' | 'pending', number>>;

export interface Row {
  readonly iterationId: string;
  readonly state: string;
  readonly version: number;
  readonly code: string | null;
  readonly message: string | null;
}

const runFields = `
  fragment run on PushRun {
    id state dryRun version planHash requestedBy override { reason by at } cancelled { by at } findings { guard message } refusal reason retryOf
    finishedAt rowsDeletedAt counts { planned accepted stale rejected unknown pending }
    progress { settled sent requests rowsPerSecond secondsLeft lastFailure nextAttemptAt }
    rows(first: 1000) { totalCount nodes { iterationId state version code message } }
  }`;

/** What came back where something was wrong. */
export interface Refused {
  readonly status: number;
  readonly message: string;
  readonly code: string;
  readonly [detail: string]: unknown;
}

export interface Asked {
  /** Any operation that must succeed. */
  ask<Data>(query: string, variables?: object): Promise<Data>;
  /** Any operation that must be refused. */
  refused(query: string, variables?: object): Promise<Refused>;
  push(input?: object): Promise<Run>;
  /** A push that must be refused with an error. */
  pushRefused(input?: object): Promise<Refused>;
  retry(runId: string, args?: object): Promise<Run>;
  retryRefused(runId: string, args?: object): Promise<Refused>;
  cancel(runId: string, args?: object): Promise<Run>;
  cancelRefused(runId: string, args?: object): Promise<Refused>;
  run(id: string): Promise<Run | null>;
  /** Looks until a run has ended. */
  ended(id: string): Promise<Run>;
  /** Iterations' receipts, by id. */
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

/** Speaks with the push side of a service, over HTTP. */
export function askPush(url: string): Asked {
  const send = async (query: string, variables: object = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
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
