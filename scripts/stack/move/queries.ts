import { setTimeout as delay } from 'node:timers/promises';
import { LocalError } from '../../../local/errors.ts';
import { type Ask, allPages } from '../graphql.ts';
import { type Outcome, Totals } from './expected.ts';

export interface DataStatus {
  readonly build: string | null;
  readonly asOf: string | null;
  readonly mirrorRefreshedAt: string | null;
}

const servedMilliseconds = 60_000;

/**
 * Waits until the service serves a build.
 *
 * @throws {LocalError} after 60 s
 */
export async function waitForBuild(ask: Ask, build: string): Promise<DataStatus> {
  const until = performance.now() + servedMilliseconds;
  for (;;) {
    const { dataStatus } = await ask<{ dataStatus: DataStatus }>('{ dataStatus { build asOf mirrorRefreshedAt } }');
    if (dataStatus.build === build) return dataStatus;
    if (performance.now() > until) {
      throw new LocalError(`The service still serves build ${dataStatus.build} instead of ${build}.`);
    }
    await delay(100);
  }
}

export interface Conversion {
  readonly id: string;
  readonly status: string;
  readonly iterationId: string | null;
  readonly clickedAt: string | null;
  readonly payout: string | null;
}

/** The actual attribution of a conversion; null if the API does not have the conversion. */
export function outcomeOf(conversion: Conversion | undefined): Outcome | null {
  return conversion === undefined ? null : { status: conversion.status, iterationId: conversion.iterationId };
}

/** @param filter a ConversionFilter */
export async function readConversions(ask: Ask, filter: object): Promise<Conversion[]> {
  return allPages<Conversion>(
    ask,
    `query ($filter: ConversionFilter, $after: String) {
      conversions(filter: $filter, orderBy: { field: ID, direction: ASC }, first: 1000, after: $after) {
        nodes { id status iterationId clickedAt payout } pageInfo { hasNextPage endCursor } } }`,
    { filter },
  );
}

/** The conversions with these ids, by id. Unknown ids are left out. */
export async function readConversionsById(ask: Ask, ids: readonly string[]): Promise<Map<string, Conversion>> {
  const maxIds = 1000;
  const found = new Map<string, Conversion>();
  for (let from = 0; from < ids.length; from += maxIds) {
    const part = await readConversions(ask, { ids: ids.slice(from, from + maxIds) });
    for (const conversion of part) found.set(conversion.id, conversion);
  }
  return found;
}

/** Conversions and payout of all iterations. */
export async function readTotals(ask: Ask): Promise<Totals> {
  type Row = { iterationId: string | null; metrics: { conversions: number; payout: string } };
  const rows = await allPages<Row>(
    ask,
    `query ($after: String) {
      metrics(groupBy: [ITERATION], orderBy: { field: KEY, direction: ASC }, first: 1000, after: $after) {
        nodes { iterationId metrics { conversions payout } } pageInfo { hasNextPage endCursor } } }`,
  );
  const totals = new Totals();
  for (const { iterationId, metrics } of rows) totals.set(iterationId, metrics.conversions, metrics.payout);
  return totals;
}

/** The detail of the data-quality finding CREATED_AT_EDITED for an iteration; null if there is none. */
export async function readEditFinding(ask: Ask, iterationId: string): Promise<string | null> {
  type Finding = { check: string; subjects: { id: string; detail: string | null }[] };
  const { dataQuality } = await ask<{ dataQuality: Finding[] }>(
    '{ dataQuality(severity: ERROR) { check subjects { id detail } } }',
  );
  const edited = dataQuality.find(({ check }) => check === 'CREATED_AT_EDITED');
  return edited?.subjects.find(({ id }) => id === iterationId)?.detail ?? null;
}
