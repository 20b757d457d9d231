import { DomainError, LedgerUnavailable } from '../errors.ts';
import type { PushBuild } from './types.ts';

/** The warehouse's tables are not, or do not stay, those of its newest build. */
export class BuildUnderWay extends DomainError {
  constructor() {
    super(
      'BUILD_UNDER_WAY',
      "The warehouse's tables are not those of its newest build: a build is being made, or the last one failed after it " +
        'had replaced some. Try again when the pipeline has gone through.',
      503,
      { headers: new Map([['retry-after', '60']]) },
    );
  }
}

/**
 * Build numbers have not grown since the last push, as after a warehouse was made anew. AdSuite keeps the values with the
 * higher number, so it would call every row stale, and the push would end as if all were well.
 */
export class BuildNumberFell extends DomainError {
  constructor(now: PushBuild, previous: PushBuild) {
    super(
      'BUILD_NUMBER_FELL',
      `The newest build (${now.id}) has the number ${now.version}; the last push was of number ${previous.version} ` +
        `(${previous.id}). AdSuite takes higher numbers only. Let attribution_builds go on from ${previous.version}, or, if ` +
        'warehouse and AdSuite both begin anew, begin with an empty ledger too.',
      409,
    );
  }
}

/** The plan that was asked for is not what would be sent now. */
export class PlanChanged extends DomainError {
  constructor(asked: string, now: string) {
    super(
      'PLAN_CHANGED',
      `planHash: the plan ${asked} is out of date; what would be sent now is ${now}. Plan again and look at it.`,
      409,
      { details: { planHash: now } },
    );
  }
}

/** Another run is being recorded or sent. */
export class PushInProgress extends DomainError {
  constructor(runId: string) {
    super(
      'PUSH_IN_PROGRESS',
      `Push ${runId} is under way, and there is one at a time. Wait for it (pushRun), or cancel it (cancelPush).`,
      409,
      { details: { runId } },
    );
  }
}

/** An idempotency key came a second time, with another input. */
export class IdempotencyKeyReused extends DomainError {
  constructor(key: string, runId: string) {
    super(
      'IDEMPOTENCY_KEY_REUSED',
      `idempotencyKey: "${key}" was used for push ${runId}, with other input. Use another key for another push.`,
      409,
      { details: { runId } },
    );
  }
}

export class PushNotFound extends DomainError {
  constructor(runId: string) {
    super('PUSH_NOT_FOUND', `There is no push run ${runId}.`, 404);
  }
}

export class NothingToRetry extends DomainError {
  constructor(runId: string, why: string) {
    super('NOTHING_TO_RETRY', `There is nothing to send once more of push ${runId}: ${why}`, 409);
  }
}

/** Nobody said where AdSuite is. */
export class PushNotConfigured extends DomainError {
  constructor() {
    super(
      'PUSH_NOT_CONFIGURED',
      'This service does not know where AdSuite is: it was started without ADSUITE_URL and ADSUITE_TOKEN.',
      409,
    );
  }
}

/** AdSuite can't be asked what it holds. */
export class DriftNotOffered extends DomainError {
  constructor() {
    super(
      'DRIFT_NOT_OFFERED',
      'This AdSuite does not offer GET /v1/iteration-metrics, so what it holds can not be compared. Its receipts are in Iteration.lastPush.',
      409,
    );
  }
}

/** AdSuite did not answer a question. */
export class AdsuiteUnavailable extends DomainError {
  constructor(reason: string) {
    super('ADSUITE_UNAVAILABLE', `AdSuite can not be asked now: ${reason}`, 502);
  }
}

/** The ledger failed after a run was recorded: the run is there, and only its state can't be told. */
export class PushOutOfSight extends LedgerUnavailable {
  /** @param what became of it, as far as it is known. */
  constructor(runId: string, what: string, options?: ErrorOptions) {
    super(
      { ...options, details: { runId } },
      `Push ${runId} ${what}; the ledger can not be asked now how it stands. Ask pushRun(id: "${runId}") in a moment.`,
    );
  }
}

/** The ledger did not answer when a run was to be kept. */
export class PushOutcomeUnknown extends LedgerUnavailable {
  constructor(runId: string, options?: ErrorOptions) {
    super(
      { ...options, details: { runId } },
      `It is not known whether push ${runId} was recorded: the ledger did not answer. Ask pushRun(id: "${runId}") before ` +
        'you push anew, or push again with the same idempotencyKey.',
    );
  }
}
