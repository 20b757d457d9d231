import { createHash } from 'node:crypto';
import { BadUserInput } from '../../errors.ts';

/** Where a page ended: the sort columns' values of its last row. */
export type Position = readonly (string | null)[];

const checksumLength = 12;

/** A checksum, not a signature: a cursor holds nothing but values that are bound as parameters, so forging one gains nothing. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, checksumLength);
}

/** Names one list: the field, its arguments but `first` and `after`, and its parent. A cursor is good in that list only. */
export function cursorScope(list: unknown): string {
  return digest(JSON.stringify(list));
}

/** An opaque cursor for a row of the list that `scope` names. */
export function encodeCursor(scope: string, position: Position): string {
  const text = JSON.stringify([scope, ...position]);
  return digest(text) + Buffer.from(text, 'utf8').toString('base64url');
}

/**
 * Reads a cursor back.
 *
 * @throws {BadUserInput} where it was tampered with, or belongs to another field, filter, order or parent.
 */
export function decodeCursor(scope: string, cursor: string): Position {
  const text = Buffer.from(cursor.slice(checksumLength), 'base64url').toString('utf8');
  // Comparing with the one way to write it refuses every other spelling of the same bytes too.
  if (cursor !== digest(text) + Buffer.from(text, 'utf8').toString('base64url')) {
    throw new BadUserInput('after', 'is not a cursor of this service; pass on an endCursor or edge cursor unchanged');
  }
  const [cursorScope, ...position] = JSON.parse(text) as [string, ...(string | null)[]];
  if (cursorScope !== scope) {
    throw new BadUserInput(
      'after',
      'belongs to another list; a cursor is good only with the field, parent, filter and orderBy that it came from',
    );
  }
  return position;
}
