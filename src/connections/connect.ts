import { cursorScope, decodeCursor, encodeCursor, invalidCursor, type Position } from '../db/cursor.ts';
import type { Page, PageRequest } from '../db/page.ts';
import { type Connection, defaultPage, type PageArgs } from '../schema/page.ts';

/** A list to be paged through, from the resolver's side. */
export interface PagedList<Row, Node> {
  /** Field, parent, filter and order: what a cursor must agree with. */
  readonly scope: unknown;
  /** How many columns it is sorted by. */
  readonly columns: number;
  readonly page: PageArgs;
  /** The page's size if the client names none; 50 where this is not given. */
  readonly defaultFirst?: number;
  readonly fetch: (request: PageRequest) => Promise<Page<Row>>;
  readonly count: () => Promise<number>;
  readonly position: (row: Row) => Position;
  readonly node: (row: Row) => Node;
}

/**
 * Makes a connection of a list. The cursor is checked at once; rows are fetched when first needed.
 *
 * @throws {BadUserInput} on a cursor that is not of this list.
 */
export function connect<Row, Node>(list: PagedList<Row, Node>): Connection<Node> {
  const scope = cursorScope(list.scope);
  const { after } = list.page;
  const request = {
    // A variable may be null where a default stands.
    first: list.page.first ?? list.defaultFirst ?? defaultPage,
    after: typeof after === 'string' ? decodeCursor(scope, after, list.columns) : null,
  };
  let fetched: Promise<Page<Row>> | undefined;
  const page = () => {
    fetched ??= list.fetch(request).catch((error: unknown) => {
      // Only a cursor whose checksum somebody made himself can hold a value that is not of its column's type.
      if (request.after !== null && isDataException(error)) throw invalidCursor();
      throw error;
    });
    return fetched;
  };
  const cursor = (row: Row | undefined) => (row === undefined ? null : encodeCursor(scope, list.position(row)));
  return {
    nodes: async () => (await page()).rows.map(list.node),
    edges: async () =>
      (await page()).rows.map((row) => ({ cursor: encodeCursor(scope, list.position(row)), node: list.node(row) })),
    pageInfo: async () => {
      const { rows, hasNextPage } = await page();
      return {
        hasNextPage,
        hasPreviousPage: request.after !== null,
        startCursor: cursor(rows[0]),
        endCursor: cursor(rows.at(-1)),
      };
    },
    totalCount: list.count,
  };
}

/** PostgreSQL's class 22: a value that does not fit its type. */
function isDataException(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('22');
}
