import { ApolloServerValidationErrorCode } from '@apollo/server/errors';
import type { GraphQLError, GraphQLFormattedError } from 'graphql';

/** All values of `errors[].extensions.code` with their meanings. docs/api.md repeats this list. */
export const errorCodes = {
  BAD_USER_INPUT:
    'An argument, filter, cursor or page size is invalid. The message names it and says what is valid. HTTP 400.',
  AMBIGUOUS_OFFER: 'Several strategies share the requested offer. The message lists them. HTTP 400.',
  COST_LIMIT:
    'The operation exceeds a limit: top-level fields, nesting, cost, or response size. The message names the limit and what to ' +
    'reduce. HTTP 400.',
  NOT_EXPORTABLE: 'An export needs a query of one list with pages. The message says what does not fit. HTTP 400.',
  DEADLINE_EXCEEDED:
    'A warehouse query, or the whole operation, timed out and was cancelled. Request less data, or retry later. HTTP 504.',
  SERVICE_OVERLOADED: 'Too many requests, or exports, are executing. Retry after Retry-After. HTTP 503.',
  SERVICE_STOPPING: 'The service is stopping and cancelled the operation. Retry after Retry-After. HTTP 503.',
  RATE_LIMITED: 'The caller sent too many requests. Retry after Retry-After. HTTP 429.',
  CLIENT_DISCONNECTED: 'The client closed the connection before the response; only in the log. HTTP 499.',
  WAREHOUSE_UNAVAILABLE: 'The warehouse is unreachable or has no build yet. Retry after Retry-After. HTTP 503.',
  LEDGER_UNAVAILABLE:
    'The ledger of pushes and saved queries is unavailable. Retry after Retry-After. If a run may have been recorded, extensions.runId is its ' +
    'id. HTTP 503.',
  QUALITY_NOT_RECORDED:
    'The build has no data quality results, or results that this version of the service does not know. HTTP 409.',
  SUBJECTS_NOT_KEPT:
    'The build has only the first ten subjects of the check: further ones are kept for the newest three builds. Read a newer build. ' +
    'HTTP 409.',
  BUILD_NOT_KEPT:
    'There is no build with this id, or its state is no longer in the history. `builds` lists the builds. If it is `sinceBuild`, read ' +
    'everything again, and continue from the build of that read. extensions.oldestBuild is the oldest build that can be answered; ' +
    'null if there is no history yet. HTTP 409.',
  TIME_OUT_OF_RANGE:
    'A time in the warehouse is outside the years 0001 to 9999, for example infinity, so the API cannot return or push it. ' +
    'extensions has the type and id of the row, and the column; null if they are unknown. HTTP 409.',
  BUILD_UNDER_WAY:
    'The warehouse tables do not match the newest build: a build is running, or one failed. Retry after Retry-After. HTTP 503.',
  BUILD_REPLACED:
    'The tables of the build that the operation read were dropped, because newer builds have replaced it. Retry after Retry-After. HTTP 503.',
  BUILD_NUMBER_FELL:
    'Build numbers of the warehouse have started over, so AdSuite would ignore the push as outdated. HTTP 409.',
  PLAN_CHANGED:
    'The plan of planHash, or of the cursor, is out of date. Review a new plan from its first page, and push that. HTTP 409.',
  PUSH_IN_PROGRESS: 'Another push is running; only one runs at a time. extensions.runId is its id. HTTP 409.',
  IDEMPOTENCY_KEY_REUSED:
    'The idempotency key was used with different input, or by another caller. extensions.runId is the id of that run. HTTP 409.',
  PUSH_INTERRUPTED:
    'The part of the service that plans and delivers pushes ended unexpectedly and starts again. A recorded run continues by itself; ' +
    'extensions.runId is its id. Retry after Retry-After, a push with the same idempotencyKey. HTTP 503.',
  PUSH_NOT_FOUND: 'No push run has this id. HTTP 404.',
  NOTHING_TO_RETRY:
    'The run has no rows to retry: AdSuite has all of them, the run sent nothing, or its rows are deleted. HTTP 409.',
  SAVED_QUERY_NOT_FOUND: 'No saved query has this id. HTTP 404.',
  SAVED_QUERY_NAME_TAKEN:
    'Another saved query has this name. extensions has its savedQueryId and owner, and mayChange: whether the caller may replace it, ' +
    'with that id. Choose another name. HTTP 409.',
  SAVED_QUERY_LIMIT: 'The owner, or the service, has as many saved queries as it may. Delete some first. HTTP 409.',
  PUSH_NOT_CONFIGURED: 'The service was started without ADSUITE_URL, so it cannot push. HTTP 409.',
  DRIFT_NOT_OFFERED: 'This AdSuite does not support reading values back, so pushDrift is unavailable. HTTP 409.',
  ADSUITE_UNAVAILABLE: 'AdSuite did not respond, or rejected the request. The message says which. HTTP 502.',
  GRAPHQL_PARSE_FAILED: 'The document is not valid GraphQL syntax. HTTP 400.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not match the schema. HTTP 400.',
  OPERATION_RESOLUTION_FAILURE:
    'operationName does not select an operation, or the API does not support its type. HTTP 400.',
  PERSISTED_QUERY_NOT_SUPPORTED:
    'Automatic persisted queries are not supported. Send the whole document, or the documentId of a trusted one. HTTP 200.',
  DOCUMENT_NOT_FOUND: 'No trusted document has this documentId. Load the manifest of the client. HTTP 404.',
  BAD_REQUEST:
    'The HTTP request is not a valid GraphQL request. The message says why. HTTP 400, 404, 405, 406, 408, 413, 415, 431 or 505.',
  UNAUTHENTICATED: 'The request has no valid API key or token. The message says why, WWW-Authenticate too. HTTP 401.',
  FORBIDDEN:
    'The role or the restrictions of the caller do not allow this. The message says what they require. HTTP 403.',
  AUTHENTICATION_UNAVAILABLE:
    'Tokens cannot be verified, because the identity provider is unavailable. Retry after Retry-After, or use an API key. HTTP 503.',
  HOST_NOT_ALLOWED: 'The Host header is not an allowed name. Add the name to ALLOWED_HOSTS. HTTP 403.',
  ORIGIN_NOT_ALLOWED: 'The request comes from a web page of another origin. HTTP 403.',
  INTERNAL_SERVER_ERROR:
    'An unexpected error. extensions.errorId is the id of the request in the log, as x-request-id. HTTP 500.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** An error with a code and a message for the client. All other errors are masked. */
export class DomainError extends Error {
  /** Copied to the response by graphql-js, except `http`, which Apollo uses for the HTTP status and headers. */
  readonly extensions: { readonly code: ErrorCode; readonly http: HttpHead; readonly [detail: string]: unknown };

  constructor(code: ErrorCode, message: string, status: number, options?: DomainErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    const http = { status, ...(options?.headers ? { headers: options.headers } : {}) };
    this.extensions = { ...options?.details, code, http };
  }
}

interface DomainErrorOptions extends ErrorOptions, Omit<HttpHead, 'status'> {
  /** Machine-readable details, e.g. `runId`. */
  readonly details?: Readonly<Record<string, string | boolean | null>>;
}

interface HttpHead {
  readonly status: number;
  readonly headers?: ReadonlyMap<string, string>;
}

/** Invalid input. `field` is the path of the argument, e.g. `filter.convertedBetween`. */
export class BadUserInput extends DomainError {
  readonly field: string;

  constructor(field: string, problem: string) {
    super('BAD_USER_INPUT', `${field}: ${problem}`, 400);
    this.field = field;
  }
}

export class AmbiguousOffer extends DomainError {
  constructor(offerId: string, strategyIds: readonly string[]) {
    super(
      'AMBIGUOUS_OFFER',
      `tuneOfferId: offer ${offerId} is shared by strategies ${strategyIds.join(', ')}. ` +
        'Query one of them by id, or list them with strategies(filter: {tuneOfferIds: […]}).',
      400,
    );
  }
}

export class DeadlineExceeded extends DomainError {
  constructor(queryName: string, options?: ErrorOptions) {
    super(
      'DEADLINE_EXCEEDED',
      `Warehouse query ${queryName} timed out. Request fewer rows or a shorter period, or retry later.`,
      504,
      options,
    );
  }
}

const unavailable = {
  unbuilt:
    'The requested data is not in the warehouse: it has not been built yet, or a build is replacing it. Retry after the build.',
  outdated:
    'The requested data is not in the build: it was made by dbt models older than this service. Run the dbt build of this release ' +
    'first.',
  unreachable: 'The warehouse is unavailable. Retry in a moment.',
} as const;

export class WarehouseUnavailable extends DomainError {
  /** True if the warehouse is reachable, but has no build of the attribution yet. */
  readonly isUnbuilt: boolean;

  constructor(reason: keyof typeof unavailable, options?: ErrorOptions) {
    super('WAREHOUSE_UNAVAILABLE', unavailable[reason], 503, { ...options, headers: new Map([['retry-after', '5']]) });
    this.isUnbuilt = reason === 'unbuilt';
  }
}

/** The tables of a build were dropped while an operation read them. */
export class BuildReplaced extends DomainError {
  constructor(options?: ErrorOptions) {
    super(
      'BUILD_REPLACED',
      'The build that this operation read has been replaced by newer builds, and its tables were dropped. Repeat the operation.',
      503,
      { ...options, headers: new Map([['retry-after', '1']]) },
    );
  }
}

/** Why the state of a build can't be answered. */
export interface MissingBuild {
  /** The argument that names the build. */
  readonly field: string;
  /** For display. */
  readonly buildId: string;
  /** Whether there is, or was, a build with this id. */
  readonly isRecorded: boolean;
  /** Id of the oldest build whose state is in the history; null: the warehouse has no history yet. */
  readonly oldestBuild: string | null;
}

/** There is no build with an id, or its state is no longer in the history. */
export class BuildNotKept extends DomainError {
  constructor({ field, buildId, isRecorded, oldestBuild }: MissingBuild) {
    const reason = isRecorded
      ? `the state of build ${buildId} is no longer in the history.`
      : `there is no build ${buildId}. Check the id: \`builds\` lists all builds.`;
    const oldest =
      oldestBuild === null
        ? 'The warehouse has no history yet: it begins with the first dbt build of this release.'
        : `The oldest build that can be answered is ${oldestBuild}.`;
    const advice =
      field === 'sinceBuild'
        ? ' A copy of conversions that was kept up to this build must be read again as a whole, and then continued from the build ' +
          'of that read (extensions.data.build).'
        : '';
    super('BUILD_NOT_KEPT', `${field}: ${reason} ${oldest}${advice}`, 409, { details: { oldestBuild } });
  }
}

/** Missing or unknown data quality results must not be mistaken for a build without problems. */
export class QualityNotRecorded extends DomainError {
  constructor(buildId: string, why: string) {
    super('QUALITY_NOT_RECORDED', `The data quality of build ${buildId} is unknown: ${why}`, 409);
  }
}

/** A page that ends early must not be mistaken for the end of the list. */
export class SubjectsNotKept extends DomainError {
  constructor(buildId: string, check: string, kept: number, count: number) {
    super(
      'SUBJECTS_NOT_KEPT',
      `Build ${buildId} has only the first ${kept} of ${count} subjects of ${check}. Further ones are kept for the newest three ` +
        'builds only, up to the dbt var findings_kept. Start again from the first page of the newest build.',
      409,
    );
  }
}

/** A row with a time that RFC 3339 can't express. */
export class TimeOutOfRange extends DomainError {
  /**
   * @param row the GraphQL type, or another name of the kind of row, and its id; null: unknown, and so is the column.
   * @param hint what to do until the time is corrected, or what follows. Sentences, for display.
   */
  constructor(
    row: { readonly type: string; readonly id: string } | null,
    column: string | null,
    value: string,
    hint = '',
  ) {
    super(
      'TIME_OUT_OF_RANGE',
      `${row && column ? `${row.type} ${row.id}: ${column}` : 'A stored time'} is "${value}", which is not a time of the years 0001 to 9999. Correct it in its ` +
        `source, then build again.${hint && ` ${hint}`}`,
      409,
      { details: { type: row?.type ?? null, id: row?.id ?? null, column } },
    );
  }
}

export class LedgerUnavailable extends DomainError {
  constructor(
    options?: Pick<DomainErrorOptions, 'cause' | 'details'>,
    message = 'The ledger of pushes and saved queries is unavailable. Retry in a moment.',
  ) {
    super('LEDGER_UNAVAILABLE', message, 503, { ...options, headers: new Map([['retry-after', '5']]) });
  }
}

/** Timed out waiting for other pushes to be planned and recorded. The ledger itself is healthy. */
export class LedgerBusy extends LedgerUnavailable {
  constructor(options?: ErrorOptions) {
    super(
      options,
      'Timed out waiting for other pushes to be planned and recorded. Nothing was recorded for this one. Retry in a moment.',
    );
  }
}

/** The ledger did not confirm a commit, so its outcome is unknown. */
export class CommitOutcomeUnknown extends LedgerUnavailable {}

/**
 * Formats an error for the client. Domain errors and request errors of graphql-js pass unchanged. Any other error is masked,
 * and passed to `report` for the log.
 *
 * @param errorId finds the error in the log: the id of the request.
 */
export function formatError(
  formatted: GraphQLFormattedError,
  error: unknown,
  errorId: string,
  report: (error: unknown) => void,
): GraphQLFormattedError {
  const code = formatted.extensions?.code;
  if (formatted.message.startsWith('Too many errors processing variables'))
    return { ...formatted, extensions: { code: 'BAD_USER_INPUT' } };
  if (formatted.extensions?.validationErrorCode === ApolloServerValidationErrorCode.INTROSPECTION_DISABLED)
    return { ...formatted, message: introspectionIsOff, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } };
  if (formatted.message.startsWith('Too many validation errors')) return { ...formatted, message: furtherErrors };
  if (code === 'GRAPHQL_VALIDATION_FAILED') return badLiteralError(formatted, error as GraphQLError) ?? formatted;
  if (typeof code === 'string' && code in errorCodes && code !== 'INTERNAL_SERVER_ERROR')
    return {
      ...formatted,
      message: formatted.message === stackOverflow ? nestedTooDeeply : truncate(formatted.message),
    };
  report(error);
  return {
    ...formatted,
    message: `Internal error. Details are in the log of the service under request id ${errorId}.`,
    extensions: { code: 'INTERNAL_SERVER_ERROR', errorId },
  };
}

/** Replaces graphql-js' message, which comes after the last error that it lists, and says nothing about what to do. */
const furtherErrors =
  'The document has more errors than the ones before this. Correct those, then send it again to see the others.';

const stackOverflow = 'Maximum call stack size exceeded';

/** Whether calls were nested too deeply, as for an operation of thousands of levels. */
export const isStackOverflow = (error: unknown): boolean =>
  error instanceof RangeError && error.message === stackOverflow;

/** For the client, instead of the message of the stack overflow. */
export const nestedTooDeeply = 'This operation is nested too deeply. Use fewer levels of fields.';

/** graphql-js quotes invalid variables in full. */
const maxMessageLength = 2_000;

const truncate = (message: string): string =>
  message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength)}…`;

/** Replaces Apollo's message, which names an option of its constructor. */
const introspectionIsOff = 'Introspection is off on this service (INTROSPECTION=off).';

/** Removes the schema names that graphql-js suggests, including those for values of variables. */
export const withoutSuggestion = (formatted: GraphQLFormattedError): GraphQLFormattedError => ({
  ...formatted,
  message: formatted.message.replace(/ ?Did you mean .*$/s, ''),
});

/**
 * An invalid literal (`convertedBetween: {from: "yesterday"}`) fails validation by graphql-js, without the name of its
 * argument. Returns BAD_USER_INPUT with the name, as for an invalid variable; null for other errors.
 */
function badLiteralError(formatted: GraphQLFormattedError, error: GraphQLError): GraphQLFormattedError | null {
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

/** Returns the name of the argument or input field whose value starts at the token: the name before the nearest colon. */
function precedingName(value: Token): string | null {
  for (let token = value.prev; token; token = token.prev) {
    if (token.kind === ':') return token.prev?.value ?? null;
  }
  return null;
}
