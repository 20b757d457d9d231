import { setTimeout as delay } from 'node:timers/promises';
import { judge } from './answers.ts';
import { type Client, type Operation, operation } from './client.ts';
import type { Figures } from './figures.ts';
import type { Replica } from './replica.ts';

const override = { reason: 'The demo data is never refreshed.' };
const run = '{ id state counts { planned accepted pending unknown } }';
const pushDocument = `mutation Push($input: PushMetricsInput!) { push: pushMetrics(input: $input) ${run} }`;
const retryDocument = `mutation Retry($runId: ID!, $key: String!, $by: String!) {
  push: retryPush(runId: $runId, idempotencyKey: $key, requestedBy: $by, waitSeconds: 1) ${run} }`;
const runDocument = `query Run($id: ID!) { push: pushRun(id: $id) ${run} }`;
const planDocument = `query Plan($first: Int!) { plan: planMetricsPush(input: {}, first: $first) {
  totals { iterations changed } rows { iterationId } } }`;
/** A dry run whose answer was lost may still be running. */
const conflicts = ['PUSH_IN_PROGRESS'];
const pauseMilliseconds = 200;

interface Run {
  readonly id: string;
  readonly state: string;
  readonly counts: { readonly planned: number; readonly accepted: number };
}

interface Plan {
  readonly totals: { readonly iterations: number; readonly changed: number };
  readonly rows: readonly { readonly iterationId: string }[];
}

/** Pushes slices of the iterations, each with its own idempotency key, and repeats every request until it is answered. */
export class Operator {
  readonly name: string;
  readonly #client: Client;
  readonly #replicas: readonly Replica[];
  readonly #figures: Figures | null;
  #requests = 0;
  /** Ids of the iterations of finished slices. */
  readonly delivered: string[] = [];
  /** Ids of the runs, and how many of them are retries. */
  readonly runs = new Set<string>();
  retries = 0;
  dryRuns = 0;
  /** Requests that were repeated, because the answer was an error or none came. */
  repeats = 0;

  /** @param figures null: every failure is an error. */
  constructor(name: string, client: Client, replicas: readonly Replica[], figures: Figures | null) {
    this.name = name;
    this.#client = client;
    this.#replicas = replicas;
    this.#figures = figures;
  }

  /** The rows of a push of everything. */
  async plan(first: number): Promise<Plan> {
    const { plan } = await this.#insist(operation('plan', planDocument, { first }));
    return plan as Plan;
  }

  /** Pushes slice by slice until the signal is aborted, with a dry run before every third one. */
  async work(slices: readonly (readonly string[])[], signal: AbortSignal): Promise<void> {
    for (const [index, slice] of slices.entries()) {
      if (signal.aborted) return;
      if (index % 3 === 0) await this.#dryRun(slice);
      await this.push(slice, `${this.name}-${index}`);
    }
  }

  /** Pushes iterations, retries the run until AdSuite has accepted every row, and returns the first run's id. */
  async push(iterationIds: readonly string[], idempotencyKey: string): Promise<string> {
    const input = { iterationIds, override, idempotencyKey, requestedBy: this.name, waitSeconds: 1 };
    const first = await this.#run(operation('push', pushDocument, { input }));
    let last = await this.#ended(first);
    for (let retry = 1; last.counts.accepted < last.counts.planned; retry += 1) {
      const variables = { runId: last.id, key: `${idempotencyKey}-${retry}`, by: this.name };
      this.retries += 1;
      last = await this.#ended(await this.#run(operation('retry', retryDocument, variables)));
    }
    this.delivered.push(...iterationIds);
    return first.id;
  }

  async #dryRun(iterationIds: readonly string[]): Promise<void> {
    const input = { iterationIds, override, dryRun: true, requestedBy: `${this.name} (dry run)` };
    await this.#insist(operation('dry run', pushDocument, { input }));
    this.dryRuns += 1;
  }

  async #run(request: Operation): Promise<Run> {
    const { push } = await this.#insist(request);
    const run = push as Run;
    this.runs.add(run.id);
    return run;
  }

  async #ended(run: Run): Promise<Run> {
    if (run.state !== 'RUNNING') return run;
    await delay(pauseMilliseconds);
    const { push } = await this.#insist(operation('watch', runDocument, { id: run.id }));
    return this.#ended(push as Run);
  }

  /** Sends a request to one replica after the other until it is answered. */
  async #insist(request: Operation): Promise<Record<string, unknown>> {
    for (;;) {
      const replica = this.#replicas[this.#requests++ % this.#replicas.length] as Replica;
      const start = performance.now();
      const outcome = await this.#client.send(replica.origin, request);
      const end = performance.now();
      const verdict = judge(outcome, null, replica.wasStopped(start), conflicts);
      this.#figures?.add(request.name, verdict, end - start);
      if (verdict.kind === 'right' && outcome.kind === 'answer') return outcome.answer.data as Record<string, unknown>;
      if (this.#figures === null || verdict.kind === 'unexpected')
        throw new Error(`${request.name}: ${JSON.stringify(outcome)}`);
      this.repeats += 1;
      await delay(pauseMilliseconds);
    }
  }
}
