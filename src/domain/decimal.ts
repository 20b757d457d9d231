import { twoDigits } from './two-digits.ts';

/** Money is counted in ten-thousandths, as a bigint: a sum of floats would depend on the order of its terms. */
const scale = 10_000n;

/**
 * Parses an exact decimal with at most four digits after the point (`46.5`, `-0.1234`).
 *
 * @returns ten-thousandths.
 * @throws {SyntaxError} if the text is not a decimal of this form.
 */
export function tenThousandths(text: string): bigint {
  // Fast path: the form in which PostgreSQL writes a numeric with four digits after the point.
  if (/^\d+\.\d{4}$/.test(text)) return BigInt(text.slice(0, -5) + text.slice(-4));
  const match = /^(-?)(\d+)(?:\.(\d{0,4})0*)?$/.exec(text);
  if (!match) throw new SyntaxError(`"${text}" is not a decimal with four digits after the point`);
  const [, sign, whole = '', fraction = ''] = match;
  const value = BigInt(whole) * scale + BigInt(fraction.padEnd(4, '0'));
  return sign ? -value : value;
}

/** The same as `decimal` for a number without a fraction that a double holds exactly, in less time. */
export function decimalOfNumber(value: number): string {
  const absolute = Math.abs(value);
  const fraction = absolute % 10_000;
  const digits = `${twoDigits[Math.floor(fraction / 100)]}${twoDigits[fraction % 100]}`;
  return `${value < 0 ? '-' : ''}${(absolute - fraction) / 10_000}.${digits}`;
}

/** Formats ten-thousandths with exactly four digits after the point: `46.5000`. */
export function decimal(value: bigint): string {
  const absolute = value < 0n ? -value : value;
  const fraction = String(absolute % scale).padStart(4, '0');
  return `${value < 0n ? '-' : ''}${absolute / scale}.${fraction}`;
}
