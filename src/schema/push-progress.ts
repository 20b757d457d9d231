import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { BreakerState, WaitCause } from '../push/types.ts';
import { describedEnum } from './enums.ts';
import { DateTime } from './scalars.ts';

const waitTexts: Readonly<Record<WaitCause, string>> = {
  RETRY_AFTER:
    'AdSuite asked to wait (Retry-After). If it asked for longer than PUSH_RETRY_AFTER_MAX_MINUTES, a probe is sent each time that ' +
    'has passed.',
  CIRCUIT_BREAKER: 'The circuit breaker is open after consecutive failures. The next request is a probe.',
  RETRY_BUDGET: 'The retry budget is empty, and refills by PUSH_RETRY_BUDGET_PER_SECOND.',
  BACKOFF: 'All batches that are left failed, and wait for their retry.',
};

const PushWaitCause = describedEnum('PushWaitCause', 'What a run waits for before its next request.', waitTexts);

const breakerTexts: Readonly<Record<BreakerState, string>> = {
  CLOSED: 'Requests are sent.',
  OPEN: 'AdSuite failed repeatedly, so no request is sent for some time.',
  HALF_OPEN:
    'One request is in flight as a probe. If AdSuite answers it, the breaker closes; if not, it opens for longer.',
};

const CircuitBreakerState = describedEnum(
  'CircuitBreakerState',
  'State of the circuit breaker of requests to AdSuite.',
  breakerTexts,
);

@ObjectType({ description: 'Delivery progress of a run.', simpleResolvers: true })
export class PushProgress {
  @Field(() => Int, { description: 'Number of rows in a final state.' })
  settled!: number;

  @Field(() => Int, { description: 'Number of rows that were in a request, with or without a response.' })
  sent!: number;

  @Field(() => Int, { description: 'Number of requests to AdSuite so far, retries included.' })
  requests!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Rows settled per second since the run started; null before the first one.',
  })
  rowsPerSecond!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Estimated seconds until the run ends; 0 if it has ended, null if unknown.',
  })
  secondsLeft!: number | null;

  @Field(() => String, { nullable: true, description: 'Reason of the last failed request; null if none failed.' })
  lastFailure!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Time of the last failed request; null if none failed.' })
  lastFailureAt!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the next request is due, while the run waits; `waitingFor` says for what. If `lastFailure` is null, a request of an ' +
      'earlier run caused the wait. Null if the run is not waiting.',
  })
  nextAttemptAt!: string | null;

  @Field(() => PushWaitCause, {
    nullable: true,
    description: 'What the run waits for until `nextAttemptAt`; null if it is not waiting. `resumePush` ends the wait.',
  })
  waitingFor!: WaitCause | null;

  @Field(() => CircuitBreakerState, {
    nullable: true,
    description: 'The circuit breaker of the service that delivers the run; null unless the run is RUNNING.',
  })
  circuitBreaker!: BreakerState | null;
}
