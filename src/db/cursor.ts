import { createHash } from 'node:crypto';
import { BadUserInput } from '../errors.ts';
import { isStorableText } from '../text.ts';

/** Where a page ended: the sort columns' values of its last row. */
export type Position = readonly (string | null)[];

const checksumLength = 12;

/** A checksum, not a signature: a cursor holds nothing but values that are bound as parameters, so forging one gains nothing. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, checksumLength);
}

/**
 * Names one list: the field, its arguments but `first` and `after`, and its parent. A cursor is good in that list only.
 * An argument that is null counts as left out; a null in a list (a group's key) is a value.
 */
export function cursorScope(list: unknown): string {
  return digest(JSON.stringify(withoutNulls(list)));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutNulls(each)]));
}

/** An opaque cursor for a row of the list that `scope` names. */
export function encodeCursor(scope: string, position: Position): string {
  const text = JSON.stringify([scope, ...position]);
  return digest(text) + Buffer.from(text, 'utf8').toString('base64url');
}

/**
 * Reads a cursor back.
 *
 * @param columns how many sort columns the list has.
 * @throws {BadUserInput} where it was tampered with, or belongs to another field, filter, order or parent.
 */
export function decodeCursor(scope: string, cursor: string, columns: number): Position {
  const text = Buffer.from(cursor.slice(checksumLength), 'base64url').toString('utf8');
  // Comparing with the one way to write it refuses every other spelling of the same bytes too.
  const content = cursor === digest(text) + Buffer.from(text, 'utf8').toString('base64url') ? parse(text) : null;
  if (content === null) throw notOurs();
  const [cursorScope, ...position] = content;
  if (cursorScope !== scope || position.length !== columns) {
    throw new BadUserInput(
      'after',
      'belongs to another list; a cursor is good only with the field, parent, filter and orderBy that it came from',
    );
  }
  return position;
}

/** The error for a text that is no cursor of ours. */
export function notOurs(): BadUserInput {
  return new BadUserInput('after', 'is not a cursor of this service; pass on an endCursor or edge cursor unchanged');
}

/** The content of a cursor; null where somebody wrote it who knows how to make the checksum, but not what goes in. */
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
