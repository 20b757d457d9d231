import { defaultPageSize } from '../config/limits.ts';
import { type Answer, mapAnswer } from '../db/answer.ts';
import { cursorScope, decodeCursor, encodeCursor, invalidCursor, type Position } from '../db/cursor.ts';
import type { Page, PageRequest } from '../db/page.ts';
import type { BuildReader } from '../db/warehouse/connect.ts';
import { countRows, fetchPage, type ListQuery } from '../db/warehouse/list-query.ts';
import type { WarehouseTables } from '../db/warehouse/tables.ts';
import { TimeOutOfRange } from '../errors.ts';
import { ErrorsAsValues } from '../schema/getters.ts';
import type { Connection, PageArgs, PageInfo } from '../schema/page.ts';
import type { TimeValue } from '../schema/time-fields.ts';

interface PagedList<Row, Node> {
  /** Field, parent, filter and order. A cursor is valid only in a list with the same scope. */
  readonly scope: unknown;
  /** Number of sort columns. */
  readonly columns: number;
  readonly page: PageArgs;
  /** Page size if the client sends none; `defaultPageSize` if omitted. */
  readonly defaultFirst?: number;
  readonly fetch: (request: PageRequest) => Answer<Page<Row>>;
  readonly count: () => Answer<number>;
  readonly position: (row: Row) => Position;
  readonly node: (row: Row) => Node;
}

/**
 * Makes a connection with keyset pagination. The cursor is validated immediately; rows are fetched on first use.
 *
 * @throws {BadUserInput} if the cursor is not one of this list.
 */
export function pagedConnection<Row, Node>(list: PagedList<Row, Node>): Connection<Node> {
  const { after } = list.page;
  // Hashed at the first cursor: most nested lists have none.
  let hashed: string | undefined;
  const scope = () => {
    hashed ??= cursorScope(list.scope);
    return hashed;
  };
  const request = {
    // Defaults of the schema do not apply to null in a variable.
    first: list.page.first ?? list.defaultFirst ?? defaultPageSize,
    after: typeof after === 'string' ? decodeCursor(scope(), after, list.columns) : null,
  };
  let fetched: Answer<Page<Row>> | undefined;
  const page = () => {
    fetched ??= load();
    return fetched;
  };
  const load = (): Answer<Page<Row>> => {
    const rows = list.fetch(request);
    if (!(rows instanceof Promise) || request.after === null) return rows;
    return rows.catch((error: unknown) => {
      // Only a forged cursor, with a valid checksum, can hold a value that does not fit its column's type.
      throw isDataException(error) ? invalidCursor() : error;
    });
  };
  const cursorOf = (row: Row): TimeValue => {
    try {
      return encodeCursor(scope(), list.position(row));
    } catch (error) {
      // Fails the cursor's field only, and only if it is selected.
      if (error instanceof TimeOutOfRange) return error;
      throw error;
    }
  };
  return {
    nodes: () => mapAnswer(page(), ({ rows }) => rows.map(list.node)),
    edges: () => mapAnswer(page(), ({ rows }) => rows.map((row) => new EdgeOfRow(row, list.node(row), cursorOf))),
    pageInfo: () => mapAnswer(page(), (known) => new InfoOfPage(known, request.after !== null, cursorOf)),
    totalCount: list.count,
  };
}

/** Computes its cursor if the client selects it. */
@ErrorsAsValues()
class EdgeOfRow<Row, Node> {
  readonly node: Node;
  readonly #row: Row;
  readonly #cursorOf: (row: Row) => TimeValue;

  constructor(row: Row, node: Node, cursorOf: (row: Row) => TimeValue) {
    this.node = node;
    this.#row = row;
    this.#cursorOf = cursorOf;
  }

  get cursor(): TimeValue {
    return this.#cursorOf(this.#row);
  }
}

/** Computes the cursors that the client selects. */
@ErrorsAsValues()
class InfoOfPage<Row> implements PageInfo {
  readonly hasPreviousPage: boolean;
  readonly #page: Page<Row>;
  readonly #cursorOf: (row: Row) => TimeValue;

  constructor(page: Page<Row>, hasPreviousPage: boolean, cursorOf: (row: Row) => TimeValue) {
    this.hasPreviousPage = hasPreviousPage;
    this.#page = page;
    this.#cursorOf = cursorOf;
  }

  get hasNextPage(): boolean {
    return this.#page.hasNextPage;
  }

  get startCursor(): TimeValue | null {
    return this.#cursorAt(0);
  }

  get endCursor(): TimeValue | null {
    return this.#cursorAt(-1);
  }

  #cursorAt(index: number): TimeValue | null {
    const row = this.#page.rows.at(index);
    return row === undefined ? null : this.#cursorOf(row);
  }
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
