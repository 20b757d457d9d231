import { maxSavedTextLength } from '../config/limits.ts';
import { BadUserInput } from '../errors.ts';

const field = 'input.variables';

/**
 * Checks that a text is a JSON object, and returns it as it is: a parsed one would have rounded numbers. They are not compared
 * with the document, which may be a draft that still lacks some.
 *
 * @returns null for a blank text.
 * @throws {BadUserInput}
 */
export function checkSavedVariables(text: string | null): string | null {
  if (text === null || text.trim() === '') return null;
  if (text.length > maxSavedTextLength) {
    const [length, limit] = [text.length, maxSavedTextLength].map((count) => count.toLocaleString('en'));
    throw new BadUserInput(field, `the text has ${length} characters; the limit is ${limit}. Shorten it.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The message quotes only a few characters.
    throw new BadUserInput(field, `not valid JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadUserInput(field, 'must be a JSON object with the values of the variables, for example {"id": "1"}');
  }
  return text;
}
