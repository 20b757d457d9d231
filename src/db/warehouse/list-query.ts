import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Position } from '../cursor.ts';
import { cut, type Page, type PageRequest } from '../page.ts';
import { fixedQuery } from './compiled-statements.ts';
import type { BuildReader, Query } from './connect.ts';
import { isAfter, orderBy, type SortColumn, shapeOfAfter, valuesOfAfter } from './keyset.ts';
import type { ListName } from './query-timeouts.ts';
import type { WarehouseTables } from './tables.ts';

/** A list that can be paged: one table's rows, filtered, with named columns and a total order. */
export interface ListQuery<Table extends keyof WarehouseTables, Row> {
  /** The query's stable name. */
  readonly name: ListName;
  readonly select: () => SelectQueryBuilder<WarehouseTables, Table, Row>;
  readonly sort: readonly SortColumn[];
  /** Of a list that is read often, so that its statements are built once for each shape, see `fixedQuery`. */
  readonly fixed?: {
    /** Identifies `select` and `sort`. */
    readonly shape: string;
    /** The parameters of `select`. */
    readonly values: readonly unknown[];
  };
}

/** What identifies a parent. */
export interface ParentColumn {
  /** Unique among the columns of parents of the list. Part of the statement's shape. */
  readonly name: string;
  readonly expression: RawBuilder<string | null>;
}

/** The values that identify a parent, in the order of the parent's columns. */
export type ParentKey = readonly (string | null)[];

/** Serializes a parent's key, for use as a Map key. */
export const keyText = (key: ParentKey): string => JSON.stringify(key);

/** Parses a key serialized by `keyText`. */
export const keyOf = (text: string): ParentKey => JSON.parse(text);

/** One page of a list, in one statement. */
export async function fetchPage<Table extends keyof WarehouseTables, Row>(
  warehouse: BuildReader,
  list: ListQuery<Table, Row>,
  page: PageRequest,
): Promise<Page<Row>> {
  // One extra row shows whether there is a next page.
  const limit = page.first + 1;
  const query = statement(list, page.after, 'page', [limit], () =>
    after(list, page).orderBy(orderBy(list.sort)).limit(limit),
  );
  return cut(await warehouse.rows(list.name, query), page.first);
}

/**
 * The same page of each parent's list, in one statement that numbers the rows within their parent.
 *
 * @param parent the columns that identify the parent; `list.select` must be limited to the wanted parents.
 * @returns the pages by `keyText` of the parent; a parent without rows is absent.
 */
export async function fetchPagePerParent<Table extends keyof WarehouseTables, Row>(
  warehouse: BuildReader,
  list: ListQuery<Table, Row>,
  parent: readonly ParentColumn[],
  page: PageRequest,
): Promise<Map<string, Page<Row>>> {
  const limit = page.first + 1;
  const kind = `page of each ${parent.map(({ name }) => name)}`;
  const query = statement(list, page.after, kind, [limit], () => {
    const columns = parent.map(({ expression }) => expression);
    const numbered = after(list, page)
      .select(columns.map((expression, index) => expression.as(`parent_${index}`)))
      .select(
        sql`row_number() over (partition by ${sql.join(columns)} order by ${orderBy(list.sort)})`.as('row_in_parent'),
      );
    return sql<Row & Record<string, string | null>>`
    select * from (${numbered}) as numbered where row_in_parent <= ${limit} order by row_in_parent`;
  });
  const byParent = Map.groupBy(await warehouse.rows(list.name, query), (row) =>
    keyText(parent.map((_, index) => row[`parent_${index}`] ?? null)),
  );
  return new Map([...byParent].map(([key, rows]) => [key, cut(rows, page.first)]));
}

/** The number of rows of a list. */
export async function countRows<Table extends keyof WarehouseTables>(
  warehouse: BuildReader,
  list: ListQuery<Table, unknown>,
): Promise<number> {
  const query = statement(list, null, 'count', [], () =>
    list.select().clearSelect().select(sql<string>`count(*)`.as('total')),
  );
  const [row] = await warehouse.rows(`${list.name}.count` as const, query);
  return Number(row?.total ?? 0);
}

/** The number of rows of each parent's list, by `keyText` of the parent; a parent without rows is absent. */
export async function countRowsPerParent<Table extends keyof WarehouseTables>(
  warehouse: BuildReader,
  list: ListQuery<Table, unknown>,
  { name, expression }: ParentColumn,
): Promise<Map<string, number>> {
  const query = statement(list, null, `count of each ${name}`, [], () =>
    list
      .select()
      .clearSelect()
      .select([expression.as('parent'), sql<string>`count(*)`.as('total')])
      .groupBy(expression),
  );
  const rows = await warehouse.rows(`${list.name}.count` as const, query);
  return new Map(rows.map((row) => [keyText([row.parent]), Number(row.total)]));
}

function after<Table extends keyof WarehouseTables, Row>(list: ListQuery<Table, Row>, page: PageRequest) {
  const select = list.select();
  return page.after === null ? select : select.where(isAfter(list.sort, page.after));
}

/**
 * A statement on a list, which is built only if it has to be.
 *
 * @param kind identifies the statement among those on the list.
 * @param values its parameters after those of the list and the position.
 */
function statement<Row>(
  { fixed, sort }: Pick<ListQuery<never, unknown>, 'fixed' | 'sort'>,
  position: Position | null,
  kind: string,
  values: readonly unknown[],
  build: () => Query<Row>,
): Query<Row> {
  if (!fixed) return build();
  const shape = `${kind} of ${fixed.shape}`;
  if (position === null) return fixedQuery(shape, [...fixed.values, ...values], build);
  const all = [...fixed.values, ...valuesOfAfter(sort, position), ...values];
  return fixedQuery(`${shape} after ${shapeOfAfter(position)}`, all, build);
}
