import { hash } from 'node:crypto';
import { BadUserInput } from '../errors.ts';
import { isStorableText } from '../text.ts';

/** The sort columns' values of a page's last row. */
export type Position = readonly (string | null)[];

const checksumLength = 12;

/**
 * A checksum, not a signature: a cursor holds only values that are bound as parameters, so a forged one gains nothing.
 */
function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, checksumLength);
}

/**
 * Identifies a list by its field, its arguments except `first` and `after`, and its parent. A cursor is valid in one
 * list only. An argument that is null counts as omitted; a null inside a list (a group's key) is a value. A range counts by its
 * instants, in whichever way it is given.
 */
export function cursorScope(list: unknown): string {
  return digest(JSON.stringify(withoutNulls(list)));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return withoutNulls(value.toJSON());
  const entries = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutNulls(each)]));
}

/** Encodes the opaque cursor of a row in the list that `scope` identifies. */
export function encodeCursor(scope: string, position: Position): string {
  const text = JSON.stringify([scope, ...position]);
  return digest(text) + Buffer.from(text, 'utf8').toString('base64url');
}

/**
 * Decodes a cursor.
 *
 * @param columns the number of sort columns of the list.
 * @throws {BadUserInput} if the cursor was altered, or belongs to another field, filter, order or parent.
 */
export function decodeCursor(scope: string, cursor: string, columns: number): Position {
  const text = Buffer.from(cursor.slice(checksumLength), 'base64url').toString('utf8');
  // Re-encoding rejects every other spelling of the same bytes.
  const content = cursor === digest(text) + Buffer.from(text, 'utf8').toString('base64url') ? parse(text) : null;
  if (content === null) throw invalidCursor();
  const [cursorScope, ...position] = content;
  if (cursorScope !== scope || position.length !== columns) {
    throw new BadUserInput(
      'after',
      'belongs to another list; use a cursor only with the field, parent, filter, having, orderBy, timeZone and build that returned it',
    );
  }
  return position;
}

/** The error for a text that is not a cursor of this service. */
export function invalidCursor(): BadUserInput {
  return new BadUserInput('after', 'is not a cursor of this service; pass an endCursor or edge cursor unchanged');
}

/** Parses a cursor's content. Returns null if the checksum is right but the content is not. */
function parse(text: string): (string | null)[] | null {
  try {
    const content: unknown = JSON.parse(text);
    if (!Array.isArray(content)) return null;
    return content.every((value) => value === null || (typeof value === 'string' && isStorableText(value)))
      ? content
      : null;
  } catch {
    return null;
  }
}
