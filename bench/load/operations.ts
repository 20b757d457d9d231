import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Operation, operation } from './client.ts';

/** Ids that look-ups ask for. */
export interface Ids {
  readonly strategies: readonly string[];
  readonly iterations: readonly string[];
  readonly conversions: readonly string[];
  /** Finished runs, all requested by `requestedBy`, and iterations that they pushed. */
  readonly runs: readonly string[];
  readonly requestedBy: string;
  readonly pushed: readonly string[];
}

const examplesFolder = join(import.meta.dirname, '../../src/web/examples');
/** The first example shows the age of the data, which changes, and those from 12 on push. */
const comparableExamples = /^(0[2-9]|10)-.*\.graphql$/;

const strategy = `query Strategy($id: ID!) { strategy(id: $id) {
  id name tuneOfferId createdAt currentIteration { id sequence createdAt } metrics { conversions payout clicks conversionsPerClick } } }`;
const iteration = `query Iteration($id: ID!) { iteration(id: $id) {
  id name createdAt endedAt strategy { id name } metrics { conversions payout byGoal { goalReferenceId conversions payout } }
  conversions(first: 10) { nodes { id convertedAt payout } } } }`;
const conversion = `query Conversion($id: ID!) { conversion(id: $id) {
  id convertedAt clickedAt payout status method strategyId iteration { id createdAt endedAt } } }`;
const dataStatus = `query Status { dataStatus {
  build asOf builtAt mirrorRefreshedAt eventsLoadedThrough clicksLoadedThrough mirror { table refreshedAt } } }`;
const lastPush = `query LastPush($ids: [ID!]!) { iterations(filter: { ids: $ids }) { nodes {
  id metrics { conversions payout } lastPush { runId state version settledAt accepted { acceptedAt values { conversions payout } } } } } }`;
const pushRuns = `query Runs($by: String!) { pushRuns(filter: { requestedBy: $by }, first: 20) { totalCount nodes {
  id state startedAt finishedAt counts { planned accepted pending } } } }`;
const pushRun = `query Run($id: ID!) { pushRun(id: $id) {
  id state counts { planned accepted } rows(first: 100) { totalCount nodes { iterationId state version settledAt } } } }`;

/** How many requests of each kind there are in a round of the mix. */
const rounds = { lookUps: 4, status: 2, pushes: 1, examples: 1 };

/**
 * A round of the mix: what AdSuite's backend asks for most (look-ups by id), the examples of the page, the status of the
 * data, and pushes. Each entry has variants with different ids.
 */
export function operationMix(ids: Ids): readonly (readonly Operation[])[] {
  const lookUps = (name: string, query: string, all: readonly string[]) =>
    all.map((id) => operation(name, query, { id }));
  const times = (count: number, variants: readonly Operation[]) => Array<readonly Operation[]>(count).fill(variants);
  return [
    ...times(rounds.lookUps, lookUps('strategy', strategy, ids.strategies)),
    ...times(rounds.lookUps, lookUps('iteration', iteration, ids.iterations)),
    ...times(rounds.lookUps, lookUps('conversion', conversion, ids.conversions)),
    ...times(rounds.status, [operation('dataStatus', dataStatus)]),
    ...times(rounds.pushes, [operation('pushRuns', pushRuns, { by: ids.requestedBy })]),
    ...times(rounds.pushes, lookUps('pushRun', pushRun, ids.runs)),
    ...times(rounds.pushes, [operation('lastPush', lastPush, { ids: ids.pushed })]),
    ...examples().flatMap((example) => times(rounds.examples, [example])),
  ];
}

function examples(): Operation[] {
  const files = readdirSync(examplesFolder).filter((file) => comparableExamples.test(file));
  return files.sort().map((file) => {
    const path = join(examplesFolder, file);
    const variablesPath = path.replace(/graphql$/, 'json');
    const variables = existsSync(variablesPath) ? JSON.parse(readFileSync(variablesPath, 'utf8')) : {};
    return operation(file.replace(/\.graphql$/, ''), readFileSync(path, 'utf8'), variables);
  });
}
