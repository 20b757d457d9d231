/** Money is counted in ten-thousandths, as a bigint: a sum of floats would be another in another order. */
const scale = 10_000n;

/**
 * Reads an exact decimal with at most four digits after the point (`46.5`, `-0.1234`).
 *
 * @returns ten-thousandths.
 * @throws {SyntaxError} where the text is not such a number.
 */
export function tenThousandths(text: string): bigint {
  // The form of every numeric with four digits after the point, without taking it to pieces.
  if (/^\d+\.\d{4}$/.test(text)) return BigInt(text.slice(0, -5) + text.slice(-4));
  const match = /^(-?)(\d+)(?:\.(\d{0,4})0*)?$/.exec(text);
  if (!match) throw new SyntaxError(`"${text}" is not a decimal with four digits after the point`);
  const [, sign, whole = '', fraction = ''] = match;
  const value = BigInt(whole) * scale + BigInt(fraction.padEnd(4, '0'));
  return sign ? -value : value;
}

/** The one text of so many ten-thousandths, with four digits after the point: `46.5000`. */
export function decimal(value: bigint): string {
  const absolute = value < 0n ? -value : value;
  const fraction = String(absolute % scale).padStart(4, '0');
  return `${value < 0n ? '-' : ''}${absolute / scale}.${fraction}`;
}
