import { z } from 'zod';

/** A variable that is a whole number within bounds; `why` tells a person the reason of the lower one. */
export const wholeNumber = (low: number, high: number, why = '') =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= low && Number(text) <= high, {
      error: (issue) => `is "${issue.input}"; it must be a whole number from ${low} to ${high}${why && `: ${why}`}`,
    })
    .transform(Number);
