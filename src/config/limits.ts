import { z } from 'zod';
import { wholeNumber } from './numbers.ts';

/** What one request may ask for and be answered with. */
export interface RequestLimits {
  /** Top-level fields of an operation, counted after fragments are expanded; aliases of one field count each. */
  readonly maxRootFields: number;
  /** What an operation may cost, see `checkCost`. Introspection may take a fifth; GraphiQL's costs about 3,600. */
  readonly maxCost: number;
  /** Bytes of one answer. */
  readonly maxAnswerBytes: number;
  /** Whether `__schema` and `__type` are answered, and whether errors suggest names of the schema ("Did you mean"). */
  readonly introspection: boolean;
}

/** The largest `first`. */
export const maxPageSize = 1000;

const megabyte = 1024 * 1024;

/** The variables of the request limits, with their defaults. */
export const limitVariables = {
  MAX_ROOT_FIELDS: wholeNumber(1, 10_000).default(50),
  MAX_COST: wholeNumber(1_000, 100_000_000).default(100_000),
  MAX_ANSWER_MEGABYTES: wholeNumber(1, 512).default(32),
  INTROSPECTION: z.enum(['on', 'off'], { error: (issue) => `is "${issue.input}"; it must be on or off` }).default('on'),
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
