import type { z } from 'zod';
import { oneOf, wholeNumber } from './variables.ts';

/** The limits of one request and its answer. */
export interface RequestLimits {
  /** Top-level fields of an operation, counted after fragments are expanded. Each alias counts. */
  readonly maxRootFields: number;
  /** Cost of an operation, see `checkCost`. Introspection may cost a fifth of it; GraphiQL's costs about 3,600. */
  readonly maxCost: number;
  /** Size of an answer in bytes. */
  readonly maxAnswerBytes: number;
  /** Whether anyone may read the schema (`__schema`, `__type`, names suggested in errors); see also `mayIntrospect`. */
  readonly introspection: boolean;
}

// Limits that are not configurable.

/** The largest `first`, and its defaults: of a list, and of metrics. */
export const maxPageSize = 1000;
export const defaultPageSize = 50;
export const defaultMetricPageSize = 100;
/** The most values of a list in an argument. Each is a bound parameter, and a statement takes about 32,000. */
export const maxListLength = 1000;
/** Characters of an override's reason, and of a name that a caller gives. */
export const maxReasonLength = 500;
export const maxNameLength = 200;
/** How long a mutation of the push may wait for the end of the run. */
export const defaultWaitSeconds = 20;
export const maxWaitSeconds = 120;
/** Tokens and bytes of a request: far above real documents, far below what stalls the parser. */
export const maxRequestTokens = 10_000;
export const maxRequestBytes = 1024 * 1024;
/** How long requests in progress may take once the server closes. */
export const drainMilliseconds = 10_000;

const megabyte = 1024 * 1024;

export const limitVariables = {
  MAX_ROOT_FIELDS: wholeNumber(1, 10_000)
    .default(50)
    .describe('Maximum number of top-level fields of an operation, including aliases, after fragments are expanded.'),
  MAX_COST: wholeNumber(1_000, 100_000_000)
    .default(100_000)
    .describe('Maximum [cost](api.md#limits) of an operation. Introspection may use a fifth of it.'),
  MAX_ANSWER_MEGABYTES: wholeNumber(1, 512).default(32).describe('Maximum size of a response, in MiB.'),
  INTROSPECTION: oneOf('on', 'off')
    .default('on')
    .describe(
      'Whether callers without [restrictions](security.md#restrictions) may query the schema. With `off` no caller may, errors suggest no names, and GraphiQL has no documentation and no completion.',
    ),
};

type Read = z.output<z.ZodObject<typeof limitVariables>>;

export function limitsConfig(read: Read): RequestLimits {
  return {
    maxRootFields: read.MAX_ROOT_FIELDS,
    maxCost: read.MAX_COST,
    maxAnswerBytes: read.MAX_ANSWER_MEGABYTES * megabyte,
    introspection: read.INTROSPECTION === 'on',
  };
}
