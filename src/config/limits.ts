import type { z } from 'zod';
import { oneOf, wholeNumber } from './variables.ts';

/** The limits of one request and its answer. */
export interface RequestLimits {
  /** Top-level fields of an operation, counted after fragments are expanded. Each alias counts. */
  readonly maxRootFields: number;
  /** Statements of an operation, see `statementsOf`. */
  readonly maxStatements: number;
  /** Cost of an operation, see `checkCost`. Introspection may cost a fifth of it; GraphiQL's costs about 3,600. */
  readonly maxCost: number;
  /** Size of an answer in bytes. */
  readonly maxAnswerBytes: number;
  /** Whether anyone may read the schema (`__schema`, `__type`, names suggested in errors); see also `mayIntrospect`. */
  readonly introspection: boolean;
  /** Size of a document's text, before fragments are expanded. */
  readonly document: DocumentLimits;
  /** Requests that execute, and that wait for the end of a recorded push, at the same time. */
  readonly maxExecuting: number;
  readonly maxWaiting: number;
  /** How long an operation may take, in seconds; and one that plans a push, waits for it or reads AdSuite back. */
  readonly operationSeconds: number;
  readonly pushOperationSeconds: number;
  /** Exports at the same time, and how long one may take, in seconds. */
  readonly maxExports: number;
  readonly exportSeconds: number;
  /** Requests of a caller in a minute; null: any number. */
  readonly perMinute: number | null;
  /** How often an operation is executed before it is compiled. */
  readonly compileAfter: number;
}

export interface DocumentLimits {
  readonly maxTokens: number;
  /** Levels of nested braces, brackets and parentheses. */
  readonly maxDepth: number;
  readonly maxFields: number;
  readonly maxAliases: number;
  readonly maxDirectives: number;
}

// Limits that are not configurable.

/** The largest `first`, and its defaults: of a list, of metrics, and of the states of a conversion. */
export const maxPageSize = 1000;
export const defaultPageSize = 50;
export const defaultMetricPageSize = 100;
export const defaultStatesPageSize = 10;
/** The most values of a list in an argument. Each is a bound parameter, and a statement takes about 32,000. */
export const maxListLength = 1000;
/** Characters of an override's reason, and of a name that a caller gives. */
export const maxReasonLength = 500;
export const maxNameLength = 200;
/** Characters of a saved query's name, of its document and of its variables. */
export const maxSavedNameLength = 100;
export const maxSavedTextLength = 20_000;
/** Saved queries of one owner, and of all: one page can have them all. */
export const maxSavedQueriesOfOwner = 100;
export const maxSavedQueries = 1000;
/** How long a mutation of the push may wait for the end of the run. */
export const defaultWaitSeconds = 20;
export const maxWaitSeconds = 120;
/** Bytes of a request: far above real documents, far below what stalls the parser. */
export const maxRequestBytes = 1024 * 1024;

const megabyte = 1024 * 1024;

export const limitVariables = {
  MAX_ROOT_FIELDS: wholeNumber(1, 10_000)
    .default(50)
    .describe('Maximum number of top-level fields of an operation, including aliases, after fragments are expanded.'),
  MAX_STATEMENTS: wholeNumber(1, 10_000)
    .default(100)
    .describe('Maximum number of fields of an operation that run a statement each (`@statements` in the schema).'),
  MAX_COST: wholeNumber(1_000, 100_000_000)
    .default(100_000)
    .describe('Maximum [cost](api.md#limits) of an operation. Introspection may use a fifth of it.'),
  MAX_TOKENS: wholeNumber(100, 100_000).default(10_000).describe('Maximum number of tokens of a document.'),
  MAX_DEPTH: wholeNumber(5, 200)
    .default(20)
    .describe('Maximum number of nested levels of an operation, after fragments are expanded. GraphiQL needs 14.'),
  MAX_FIELDS: wholeNumber(50, 10_000).default(2_000).describe('Maximum number of fields of a document.'),
  MAX_ALIASES: wholeNumber(0, 10_000).default(200).describe('Maximum number of aliases of a document.'),
  MAX_DIRECTIVES: wholeNumber(0, 1_000).default(50).describe('Maximum number of directives of a document.'),
  MAX_ANSWER_MEGABYTES: wholeNumber(1, 512).default(32).describe('Maximum size of a response, in MiB.'),
  KEPT_ANSWERS_MAX_MB: wholeNumber(0, 4_096)
    .default(64)
    .describe(
      'Memory for [answers that are kept](monitoring.md#kept-answers) until the next build, in MiB. The text of one answer takes at most an eighth. 0 keeps none, and equal operations in flight execute each.',
    ),
  INTROSPECTION: oneOf('on', 'off')
    .default('on')
    .describe(
      'Whether callers without [restrictions](security.md#restrictions) may query the schema. With `off` no caller may, errors suggest no names, and GraphiQL has no documentation and no completion.',
    ),
  MAX_EXECUTING_REQUESTS: wholeNumber(1, 10_000)
    .default(256)
    .describe(
      'Maximum number of requests that execute at the same time. Further ones get `SERVICE_OVERLOADED` at once.',
    ),
  MAX_WAITING_REQUESTS: wholeNumber(0, 10_000)
    .default(256)
    .describe(
      'Maximum number of requests that wait for the end of a recorded push (`waitSeconds`). Further ones get the run as it is.',
    ),
  OPERATION_SECONDS: wholeNumber(1, 3_600)
    .default(120)
    .describe('Maximum duration of an operation, in seconds. Then its statements are cancelled: `DEADLINE_EXCEEDED`.'),
  PUSH_OPERATION_SECONDS: wholeNumber(1, 86_400)
    .default(900)
    .describe(
      'The same for mutations, `planMetricsPush` and `pushDrift`, which read the whole warehouse. A recorded push continues.',
    ),
  EXPORT_CONCURRENCY: wholeNumber(1, 100)
    .default(2)
    .describe(
      'Maximum number of [exports](api.md#export-a-whole-list) at the same time, for each process. With authentication, one caller may run one less, but at least 1. Further ones get `SERVICE_OVERLOADED`.',
    ),
  EXPORT_SECONDS: wholeNumber(1, 86_400)
    .default(1_800)
    .describe('Maximum duration of an export, in seconds, however slowly the client reads. Then it is cut off.'),
  RATE_LIMIT_PER_MINUTE: wholeNumber(1, 1_000_000)
    .default(12_000)
    .describe(
      'Maximum number of requests of a caller in a minute, for each process. Without authentication there is no such limit.',
    ),
  COMPILE_AFTER: wholeNumber(0, 1_000_000)
    .default(1)
    .describe(
      'How often an operation is executed before it is [compiled](monitoring.md#compiled-operations), which takes as long as a few executions.',
    ),
};

type Read = z.output<z.ZodObject<typeof limitVariables>>;

/** Memory for answers that are kept, in bytes. */
export const keptAnswerBytes = (read: Read): number => read.KEPT_ANSWERS_MAX_MB * megabyte;

/** @param isAuthenticated otherwise only this machine is served, and all its programs are one caller. */
export function limitsConfig(read: Read, isAuthenticated: boolean): RequestLimits {
  return {
    maxRootFields: read.MAX_ROOT_FIELDS,
    maxStatements: read.MAX_STATEMENTS,
    maxCost: read.MAX_COST,
    maxAnswerBytes: read.MAX_ANSWER_MEGABYTES * megabyte,
    introspection: read.INTROSPECTION === 'on',
    document: {
      maxTokens: read.MAX_TOKENS,
      maxDepth: read.MAX_DEPTH,
      maxFields: read.MAX_FIELDS,
      maxAliases: read.MAX_ALIASES,
      maxDirectives: read.MAX_DIRECTIVES,
    },
    maxExecuting: read.MAX_EXECUTING_REQUESTS,
    maxWaiting: read.MAX_WAITING_REQUESTS,
    operationSeconds: read.OPERATION_SECONDS,
    pushOperationSeconds: read.PUSH_OPERATION_SECONDS,
    maxExports: read.EXPORT_CONCURRENCY,
    exportSeconds: read.EXPORT_SECONDS,
    perMinute: isAuthenticated ? read.RATE_LIMIT_PER_MINUTE : null,
    compileAfter: read.COMPILE_AFTER,
  };
}
