import { DomainError, LedgerUnavailable } from '../errors.ts';
import type { PushBuild } from './types.ts';

/** The tables of the warehouse do not match its newest build, or change while they are read. */
export class BuildUnderWay extends DomainError {
  constructor() {
    super(
      'BUILD_UNDER_WAY',
      "The warehouse's tables do not match its newest build: a build is running, or the last one failed after it replaced " +
        'some tables. Try again after the pipeline has finished.',
      503,
      { headers: new Map([['retry-after', '60']]) },
    );
  }
}

/**
 * The build number is not above that of the last push, of another build: for example, the warehouse was rebuilt from scratch.
 * AdSuite keeps the values with the higher number, so every row would be stale.
 */
export class BuildNumberFell extends DomainError {
  constructor(now: PushBuild, previous: PushBuild) {
    super(
      'BUILD_NUMBER_FELL',
      `The newest build (${now.id}) has number ${now.version}, but the last push was of build number ${previous.version} ` +
        `(${previous.id}). AdSuite accepts higher numbers only. Continue attribution_builds from ${previous.version}; or, if ` +
        'both the warehouse and AdSuite were reset, start with an empty ledger as well.',
      409,
    );
  }
}

/** The plan of the given hash is not what would be sent now. */
export class PlanChanged extends DomainError {
  /** @param argument what named the plan: its hash, or a cursor of one of its pages. */
  constructor(requested: string, current: string, argument: 'planHash' | 'after' = 'planHash') {
    super(
      'PLAN_CHANGED',
      `${argument}: plan ${requested} is out of date; the current plan is ${current}. Plan again and review it.`,
      409,
      { details: { planHash: current } },
    );
  }
}

/** Another run is being recorded or delivered. */
export class PushInProgress extends DomainError {
  constructor(runId: string) {
    super(
      'PUSH_IN_PROGRESS',
      `Push ${runId} is in progress, and only one can be. Wait for it (pushRun), or cancel it (cancelPush).`,
      409,
      { details: { runId } },
    );
  }
}

/** An idempotency key was used again with different input, or by another caller. */
export class IdempotencyKeyReused extends DomainError {
  /** @param how what differs, after "was used for push …". */
  constructor(key: string, runId: string, how: 'with different input' | 'by another caller') {
    super(
      'IDEMPOTENCY_KEY_REUSED',
      `idempotencyKey: "${key}" was used for push ${runId} ${how}. Use a new key for a new push.`,
      409,
      { details: { runId } },
    );
  }
}

/** What plans and delivers pushes ended unexpectedly while it worked on a request, and is being started again. */
export class PushInterrupted extends DomainError {
  /** When it is started again, in whole seconds from now; at least 1. */
  readonly retrySeconds: number;

  /** @param runId the run that the request may have recorded, or was about; null: none. */
  constructor(runId: string | null, retrySeconds: number, options?: ErrorOptions) {
    super(
      'PUSH_INTERRUPTED',
      'The part of the service that plans and delivers pushes ended unexpectedly, and is being started again. ' +
        (runId === null
          ? 'Nothing was recorded for this request. Repeat it in a moment.'
          : `Push ${runId} continues by itself if it was recorded. Query pushRun(id: "${runId}") before you push again, or push ` +
            'again with the same idempotencyKey.'),
      503,
      {
        ...options,
        ...(runId === null ? {} : { details: { runId } }),
        headers: new Map([['retry-after', String(retrySeconds)]]),
      },
    );
    this.retrySeconds = retrySeconds;
  }
}

export class PushNotFound extends DomainError {
  constructor(runId: string) {
    super('PUSH_NOT_FOUND', `There is no push run ${runId}.`, 404);
  }
}

export class NothingToRetry extends DomainError {
  constructor(runId: string, why: string) {
    super('NOTHING_TO_RETRY', `Push ${runId} has nothing to retry: ${why}`, 409);
  }
}

/** The service was started without an AdSuite. */
export class PushNotConfigured extends DomainError {
  constructor() {
    super(
      'PUSH_NOT_CONFIGURED',
      'Pushing is not configured. Set ADSUITE_URL and ADSUITE_TOKEN, and restart the service.',
      409,
    );
  }
}

/** AdSuite can't be read back. */
export class DriftNotOffered extends DomainError {
  constructor() {
    super(
      'DRIFT_NOT_OFFERED',
      "This AdSuite does not offer GET /v1/iteration-metrics, so its metrics can't be compared. Iteration.lastPush shows " +
        'what it accepted.',
      409,
    );
  }
}

/** AdSuite could not be read. */
export class AdsuiteUnavailable extends DomainError {
  constructor(reason: string) {
    super(
      'ADSUITE_UNAVAILABLE',
      `AdSuite can't be read: ${reason}. Retry later; if it persists, check ADSUITE_URL and ADSUITE_TOKEN.`,
      502,
    );
  }
}

/** The ledger failed after a run was recorded: the run exists, but its state could not be read. */
export class RunStateUnknown extends LedgerUnavailable {
  /** @param what is known of the run, for display. */
  constructor(runId: string, what: string, options?: ErrorOptions) {
    super(
      { ...options, details: { runId } },
      `Push ${runId} ${what}, but the ledger can't be read now. Query pushRun(id: "${runId}") in a moment.`,
    );
  }
}

/** The ledger did not confirm that it recorded a run. */
export class PushOutcomeUnknown extends LedgerUnavailable {
  constructor(runId: string, options?: ErrorOptions) {
    super(
      { ...options, details: { runId } },
      `Push ${runId} may or may not have been recorded: the ledger did not answer. Query pushRun(id: "${runId}") before you ` +
        'push again, or push again with the same idempotencyKey.',
    );
  }
}
