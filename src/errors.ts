import { randomUUID } from 'node:crypto';
import { ApolloServerValidationErrorCode } from '@apollo/server/errors';
import type { GraphQLError, GraphQLFormattedError } from 'graphql';

/** Every code that `errors[].extensions.code` can carry, with what it means to a client. docs/api.md lists the same. */
export const errorCodes = {
  BAD_USER_INPUT:
    'An argument, filter, cursor or page size is wrong; the message names it and says what would be right.',
  AMBIGUOUS_OFFER: 'Several strategies share the offer that was asked for; the message names them.',
  COST_LIMIT:
    'The operation asks for too much: top-level fields, cost, or the size of its answer. The message names the limit, and ' +
    'what to ask less of.',
  DEADLINE_EXCEEDED:
    'The warehouse took too long and the statement was ended there; ask for less, or again later. HTTP 504.',
  WAREHOUSE_UNAVAILABLE:
    'The warehouse can not be asked now, or nothing has been built in it yet; ask again after Retry-After. HTTP 503.',
  LEDGER_UNAVAILABLE:
    'What is known of pushes can not be read or written now; ask again after Retry-After. Where a run may be there, ' +
    'extensions.runId names it. HTTP 503.',
  QUALITY_NOT_RECORDED:
    'What is wrong with the build is not on record, or not understood: models and service are of different age. HTTP 409.',
  BUILD_UNDER_WAY:
    'The tables of the warehouse are not those of its newest build: one is being made, or one failed. HTTP 503.',
  BUILD_NUMBER_FELL:
    'The builds of the warehouse are numbered anew, so AdSuite would take none for newer than what it has. HTTP 409.',
  PLAN_CHANGED: 'What would be sent is not the plan of planHash any more; plan again, look, and push that. HTTP 409.',
  PUSH_IN_PROGRESS: 'Another push is under way, one at a time; extensions.runId names it. HTTP 409.',
  IDEMPOTENCY_KEY_REUSED: 'The idempotency key stands for another input; extensions.runId names its run. HTTP 409.',
  PUSH_NOT_FOUND: 'There is no push run with this id. HTTP 404.',
  NOTHING_TO_RETRY:
    'The run has no row that AdSuite has not, it sent nothing in the first place, or its rows are deleted. HTTP 409.',
  PUSH_NOT_CONFIGURED: 'The service was started without ADSUITE_URL, so nothing can be pushed. HTTP 409.',
  DRIFT_NOT_OFFERED: 'AdSuite does not offer to be read back, so there is nothing to compare with. HTTP 409.',
  ADSUITE_UNAVAILABLE: 'AdSuite does not answer, or refuses the question; the message says which. HTTP 502.',
  GRAPHQL_PARSE_FAILED: 'The document is not GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema.',
  OPERATION_RESOLUTION_FAILURE: 'operationName picks no operation of the document, or the API has none of its kind.',
  PERSISTED_QUERY_NOT_SUPPORTED: 'Persisted queries are not kept; send the whole document.',
  BAD_REQUEST: 'The HTTP request is not a GraphQL request.',
  HOST_NOT_ALLOWED: 'The host name of the request (Host) is not allowed; ALLOWED_HOSTS lists further names. HTTP 403.',
  ORIGIN_NOT_ALLOWED: 'The request comes from a web page of another origin (Origin). HTTP 403.',
  INTERNAL_SERVER_ERROR: 'A fault of the service or its warehouse; extensions.errorId finds it in the log.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** A failure with a meaning to the client: its message is shown as it stands. */
export class DomainError extends Error {
  /** graphql-js copies these to the response; Apollo takes the HTTP status from `http` and removes it. */
  readonly extensions: { readonly code: ErrorCode; readonly http: HttpHead; readonly [detail: string]: unknown };

  constructor(code: ErrorCode, message: string, status: number, options?: DomainErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    const http = { status, ...(options?.headers ? { headers: options.headers } : {}) };
    this.extensions = { ...options?.details, code, http };
  }
}

interface DomainErrorOptions extends ErrorOptions, Omit<HttpHead, 'status'> {
  /** What a program would otherwise have to read from the message. */
  readonly details?: Readonly<Record<string, string>>;
}

/** What a failure says of the HTTP response. */
interface HttpHead {
  readonly status: number;
  readonly headers?: ReadonlyMap<string, string>;
}

/** What the client sent can't be answered; `field` is the argument's path, e.g. `filter.convertedBetween`. */
export class BadUserInput extends DomainError {
  readonly field: string;

  constructor(field: string, problem: string) {
    super('BAD_USER_INPUT', `${field}: ${problem}`, 400);
    this.field = field;
  }
}

/** One strategy was asked for by an offer that several share. */
export class AmbiguousOffer extends DomainError {
  constructor(offerId: string, strategyIds: readonly string[]) {
    super(
      'AMBIGUOUS_OFFER',
      `tuneOfferId: offer ${offerId} is shared by strategies ${strategyIds.join(', ')}. ` +
        'Ask for one of them by id, or list them with strategies(filter: {tuneOfferIds: […]}).',
      400,
    );
  }
}

/** A statement took longer than it may. */
export class DeadlineExceeded extends DomainError {
  constructor(queryName: string, options?: ErrorOptions) {
    super(
      'DEADLINE_EXCEEDED',
      `The warehouse took too long over ${queryName}. Ask for fewer rows or a shorter period, or try again later.`,
      504,
      options,
    );
  }
}

/** The warehouse can't be asked, for a reason that is not the client's. */
export class WarehouseUnavailable extends DomainError {
  /** Whether it answers, but nobody has built the attribution in it yet. */
  readonly isUnbuilt: boolean;

  constructor(reason: 'unbuilt' | 'unreachable', options?: ErrorOptions) {
    const message =
      reason === 'unbuilt'
        ? 'What this asks for has not been built in the warehouse yet.'
        : 'The warehouse can not be asked now; try again in a moment.';
    super('WAREHOUSE_UNAVAILABLE', message, 503, { ...options, headers: new Map([['retry-after', '5']]) });
    this.isUnbuilt = reason === 'unbuilt';
  }
}

/** What the checks of data quality found in a build is not on record, or is not understood: nobody may take it for nothing. */
export class QualityNotRecorded extends DomainError {
  constructor(buildId: string, why: string) {
    super('QUALITY_NOT_RECORDED', `What is wrong with build ${buildId} can not be told: ${why}`, 409);
  }
}

/** The ledger is not available, through no fault of the client. The cause is for the log only. */
export class LedgerUnavailable extends DomainError {
  constructor(
    options?: Pick<DomainErrorOptions, 'cause' | 'details'>,
    message = 'The ledger of pushes is not available. Try again in a moment.',
  ) {
    super('LEDGER_UNAVAILABLE', message, 503, { ...options, headers: new Map([['retry-after', '5']]) });
  }
}

/** Other pushes are being planned and recorded, and the wait for them timed out. The ledger works. */
export class LedgerBusy extends LedgerUnavailable {
  constructor(options?: ErrorOptions) {
    super(
      options,
      'Other pushes are being planned and recorded, and this one waited too long for them. It was not recorded. ' +
        'Try again in a moment.',
    );
  }
}

/** The ledger did not confirm a commit. The run may have been recorded. */
export class CommitOutcomeUnknown extends LedgerUnavailable {}

/**
 * What the client may see of an error. Domain failures, and the faults that graphql-js finds in a request, pass as
 * they are; anything else is masked under an id, with which `report` logs the truth.
 */
export function formatError(
  formatted: GraphQLFormattedError,
  error: unknown,
  report: (errorId: string, error: unknown) => void,
): GraphQLFormattedError {
  const code = formatted.extensions?.code;
  if (formatted.message.startsWith('Too many errors processing variables'))
    return { ...formatted, extensions: { code: 'BAD_USER_INPUT' } };
  if (formatted.extensions?.validationErrorCode === ApolloServerValidationErrorCode.INTROSPECTION_DISABLED)
    return { ...formatted, message: introspectionIsOff, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } };
  if (code === 'GRAPHQL_VALIDATION_FAILED') return badLiteral(formatted, error as GraphQLError) ?? formatted;
  if (typeof code === 'string' && code in errorCodes && code !== 'INTERNAL_SERVER_ERROR')
    return { ...formatted, message: cut(formatted.message) };
  const errorId = randomUUID();
  report(errorId, error);
  return {
    ...formatted,
    message: `Something went wrong on our side. The log has it under error id ${errorId}.`,
    extensions: { code: 'INTERNAL_SERVER_ERROR', errorId },
  };
}

/** Of a fault in variables, graphql-js repeats the whole value. */
const messageCharacters = 2_000;

const cut = (message: string): string =>
  message.length <= messageCharacters ? message : `${message.slice(0, messageCharacters)}…`;

/** In place of Apollo's text, which speaks of an option of its constructor. */
const introspectionIsOff = 'Introspection is off on this service (INTROSPECTION=off).';

/** The same without names of the schema that graphql-js suggests, also for values of variables. */
export const withoutSuggestion = (formatted: GraphQLFormattedError): GraphQLFormattedError => ({
  ...formatted,
  message: formatted.message.replace(/ ?Did you mean .*$/s, ''),
});

/**
 * A literal that its scalar refuses (`convertedBetween: {from: "yesterday"}`) fails graphql's validation, which
 * forgets the argument's name. The same value in a variable is BAD_USER_INPUT with a path: here the two are made alike.
 */
function badLiteral(formatted: GraphQLFormattedError, error: GraphQLError): GraphQLFormattedError | null {
  const node = error.nodes?.[0];
  if (!node?.kind.endsWith('Value') || !node.loc) return null;
  const field = precedingName(node.loc.startToken);
  return {
    ...formatted,
    message: field ? `${field}: ${formatted.message}` : formatted.message,
    extensions: { ...formatted.extensions, code: 'BAD_USER_INPUT' },
  };
}

type Token = NonNullable<NonNullable<GraphQLError['nodes']>[number]['loc']>['startToken'];

/** The name before the nearest colon to the left: the argument or input field whose value the token begins. */
function precedingName(value: Token): string | null {
  for (let token = value.prev; token; token = token.prev) {
    if (token.kind === ':') return token.prev?.value ?? null;
  }
  return null;
}
