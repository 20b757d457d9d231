/** The numbers from 0 to 99 with two digits each: faster than to pad them each time, as an answer may have thousands. */
export const twoDigits: readonly string[] = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'));
