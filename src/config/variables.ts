import { z } from 'zod';

// Each variable of the environment is one zod schema: the range in its `values`, then its default, then what it means.
// docs/configuration.md is generated from them: `npm run config:docs`.

declare module 'zod' {
  interface GlobalMeta {
    /** The accepted values, for the documentation. */
    values?: string;
    /** What applies if the variable is not set and has no default. */
    unset?: string;
  }
}

/** A whole number within bounds. @param why the reason of the lower bound. */
export const wholeNumber = (low: number, high: number, why = '') =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= low && Number(text) <= high, {
      error: (issue) => `is "${issue.input}"; it must be a whole number from ${low} to ${high}${why && `: ${why}`}`,
    })
    .transform(Number)
    .meta({ values: `${low} to ${high}` });

/** One of several words. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  z
    .enum(words, {
      error: (issue) =>
        `is "${issue.input}"; it must be ${words.length === 2 ? words.join(' or ') : `one of ${words.join(', ')}`}`,
    })
    .meta({ values: words.join(', ') });

/** A text that may be unset. @param unset what applies then. */
export const optionalText = (description: string, unset: string) => z.string().optional().meta({ description, unset });
