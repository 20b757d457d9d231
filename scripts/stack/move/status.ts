import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from '../errors.ts';
import type { Ask } from '../graphql.ts';

export interface Status {
  readonly build: string | null;
  readonly asOf: string | null;
  readonly mirrorRefreshedAt: string | null;
}

const patienceMilliseconds = 60_000;

/** Waits until the service has noticed a build by itself, and gives its dataStatus. */
export async function untilServed(ask: Ask, build: string): Promise<Status> {
  const until = performance.now() + patienceMilliseconds;
  for (;;) {
    const { dataStatus } = await ask<{ dataStatus: Status }>('{ dataStatus { build asOf mirrorRefreshedAt } }');
    if (dataStatus.build === build) return dataStatus;
    if (performance.now() > until) {
      throw new StackError(`The service does not serve build ${build}, but ${dataStatus.build}.`);
    }
    await delay(100);
  }
}
