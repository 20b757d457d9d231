import { cursorScope, decodeCursor, encodeCursor, invalidCursor } from '../db/cursor.ts';
import type { ChangePage, ChangePosition } from '../push/plan/largest-changes.ts';
import type { PageInfo } from '../schema/page.ts';

/** The lists that are computed for each page, in the order of changes. Each cursor has the hash of the whole list. */
const columns = 5;

const patterns = [/^[0-9a-f]{64}$/, /^\d{1,16}$/, /^\d{1,40}$/, /^\d{1,16}$/, /^-?\d{1,19}$/];

export interface ChangeCursor {
  /** The hash of the list that the cursor comes from. */
  readonly hash: string;
  readonly position: ChangePosition;
}

/**
 * Reads the cursor of a list in the order of changes.
 *
 * @param list its field and arguments.
 * @returns null for the first page.
 * @throws {BadUserInput} if the cursor is not one of this list.
 */
export function changeCursor(list: readonly unknown[], after: string | null | undefined): ChangeCursor | null {
  if (typeof after !== 'string') return null;
  const texts = decodeCursor(cursorScope(list), after, columns).map((text, at) => {
    if (text === null || !patterns[at]?.test(text)) throw invalidCursor();
    return text;
  });
  const [hash = '', conversions, payout = '', clicks, iterationId = ''] = texts;
  const position = { conversions: Number(conversions), payout: BigInt(payout), clicks: Number(clicks), iterationId };
  return { hash, position };
}

/**
 * The place of a page in such a list.
 *
 * @param list as given to `changeCursor`.
 */
export function changePageInfo(
  list: readonly unknown[],
  hash: string,
  { hasNextPage, firstPosition, lastPosition }: ChangePage<unknown>,
  after: ChangeCursor | null,
): PageInfo {
  const scope = cursorScope(list);
  const cursorOf = (position: ChangePosition | null): string | null => {
    if (position === null) return null;
    const { conversions, payout, clicks, iterationId } = position;
    return encodeCursor(scope, [hash, String(conversions), String(payout), String(clicks), iterationId]);
  };
  return {
    hasNextPage,
    hasPreviousPage: after !== null,
    startCursor: cursorOf(firstPosition),
    endCursor: cursorOf(lastPosition),
  };
}
