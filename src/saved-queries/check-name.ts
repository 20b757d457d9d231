import { maxSavedNameLength } from '../config/limits.ts';
import { BadUserInput } from '../errors.ts';

const field = 'input.name';

/**
 * Line breaks, and characters without a shape of their own: two names that look the same would not be the same. U+FE0F is allowed
 * after a pictograph: it is part of many emoji.
 */
const invisible =
  /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]|(?<!\p{Extended_Pictographic})\uFE0F|(?!\uFE0F)\p{Default_Ignorable_Code_Point}/u;

/**
 * The name under which a query is saved: without blanks at its ends, and in Unicode's form NFC, so that a letter with an accent is
 * the same however it was typed.
 *
 * @throws {BadUserInput}
 */
export function savedName(text: string): string {
  const name = text.trim().normalize('NFC');
  if (name === '') throw new BadUserInput(field, 'must not be blank');
  const [wrong] = invisible.exec(name) ?? [];
  if (wrong !== undefined) {
    const code = wrong.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
    throw new BadUserInput(field, `must have no line breaks, control or invisible characters; it has U+${code}`);
  }
  if (name.length > maxSavedNameLength) {
    throw new BadUserInput(field, `must have at most ${maxSavedNameLength} characters; it has ${name.length}`);
  }
  return name;
}
