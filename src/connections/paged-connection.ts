import { defaultPageSize } from '../config/limits.ts';
import { cursorScope, decodeCursor, encodeCursor, invalidCursor, type Position } from '../db/cursor.ts';
import type { Page, PageRequest } from '../db/page.ts';
import type { BuildReader } from '../db/warehouse/connect.ts';
import { countRows, fetchPage, type ListQuery } from '../db/warehouse/list-query.ts';
import type { WarehouseTables } from '../db/warehouse/tables.ts';
import { TimeOutOfRange } from '../errors.ts';
import { type Connection, type PageArgs } from '../schema/page.ts';

interface PagedList<Row, Node> {
  /** Field, parent, filter and order. A cursor is valid only in a list with the same scope. */
  readonly scope: unknown;
  /** Number of sort columns. */
  readonly columns: number;
  readonly page: PageArgs;
  /** Page size if the client sends none; `defaultPageSize` if omitted. */
  readonly defaultFirst?: number;
  readonly fetch: (request: PageRequest) => Page<Row> | Promise<Page<Row>>;
  readonly count: () => number | Promise<number>;
  readonly position: (row: Row) => Position;
  readonly node: (row: Row) => Node;
}

/**
 * Makes a connection with keyset pagination. The cursor is validated immediately; rows are fetched on first use.
 *
 * @throws {BadUserInput} if the cursor is not one of this list.
 */
export function pagedConnection<Row, Node>(list: PagedList<Row, Node>): Connection<Node> {
  const scope = cursorScope(list.scope);
  const { after } = list.page;
  const request = {
    // Defaults of the schema do not apply to null in a variable.
    first: list.page.first ?? list.defaultFirst ?? defaultPageSize,
    after: typeof after === 'string' ? decodeCursor(scope, after, list.columns) : null,
  };
  let fetched: Promise<Page<Row>> | undefined;
  const page = () => {
    fetched ??= Promise.resolve(list.fetch(request)).catch((error: unknown) => {
      // Only a forged cursor, with a valid checksum, can hold a value that does not fit its column's type.
      if (request.after !== null && isDataException(error)) throw invalidCursor();
      throw error;
    });
    return fetched;
  };
  const cursorOf = (row: Row): string | TimeOutOfRange => {
    try {
      return encodeCursor(scope, list.position(row));
    } catch (error) {
      // Fails the cursor's field only, and only if it is selected.
      if (error instanceof TimeOutOfRange) return error;
      throw error;
    }
  };
  return {
    nodes: async () => (await page()).rows.map(list.node),
    edges: async () => (await page()).rows.map((row) => ({ cursor: cursorOf(row), node: list.node(row) })),
    pageInfo: async () => {
      const { rows, hasNextPage } = await page();
      const [first, last] = [rows[0], rows.at(-1)];
      return {
        hasNextPage,
        hasPreviousPage: request.after !== null,
        startCursor: first === undefined ? null : cursorOf(first),
        endCursor: last === undefined ? null : cursorOf(last),
      };
    },
    totalCount: async () => list.count(),
  };
}

/** Makes a connection of a warehouse list that has no parent. Unlike nested lists, it needs no batching. */
export function warehouseConnection<Table extends keyof WarehouseTables, Row, Node>(
  warehouse: BuildReader,
  list: ListQuery<Table, Row>,
  rest: Pick<PagedList<Row, Node>, 'scope' | 'page' | 'position' | 'node'>,
): Connection<Node> {
  return pagedConnection({
    ...rest,
    columns: list.sort.length,
    fetch: (request) => fetchPage(warehouse, list, request),
    count: () => countRows(warehouse, list),
  });
}

/** SQLSTATE class 22: a value does not fit its type. */
function isDataException(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('22');
}
