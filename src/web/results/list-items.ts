import type { Owner } from './cut-lists.ts';
import { type Page, pageOfConnection, pageOfList } from './extent.ts';
import type { Shape } from './shape.ts';

export type Json = null | string | number | boolean | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export interface Items {
  readonly items: readonly Json[];
  /** Number of them, also of those that are null. */
  readonly count: number;
  /** Of an item. */
  readonly shape: Shape | null;
  readonly page: Page;
  readonly hasBounds: boolean | null;
  readonly timeZone: string | null;
}

/** Lists that `pageInfo` beside them cuts: the plan of a push has `rows`, and an alias can hide the parts of a connection. */
const pagedParts: ReadonlySet<string> = new Set(['rows', 'nodes', 'edges']);

/**
 * The items of a list of objects or of a connection; null if the value is neither.
 *
 * @param owner what it is in; null if that is the answer.
 */
export function itemsOf(value: Json | undefined, shape: Shape | null, owner: Owner | null): Items | null {
  const argumentsOf = { hasBounds: shape?.hasBounds ?? null, timeZone: shape?.timeZone ?? null };
  if (Array.isArray(value)) {
    if (!isListOfObjects(value, shape)) return null;
    const rows = value.length;
    const isPaged = owner && pagedParts.has(owner.field) && mayBeCut(owner);
    const page = isPaged
      ? pageOfConnection({ connection: owner.object, rows, shape: owner.shape, owner: owner.parent })
      : pageOfList(rows, shape, owner);
    return { items: value, count: rows, shape, page, ...argumentsOf };
  }
  if (!isObject(value)) return null;
  const { nodes, edges } = value;
  const pageOf = (rows: number): Page => pageOfConnection({ connection: value, rows, shape, owner });
  if (Array.isArray(nodes)) {
    const of = shape?.fields.get('nodes') ?? null;
    return { items: nodes, count: nodes.length, shape: of, page: pageOf(nodes.length), ...argumentsOf };
  }
  if (!Array.isArray(edges)) return null;
  const items = edges.flatMap((edge) => (isObject(edge) && isObject(edge.node) ? [edge.node] : []));
  const of = shape?.fields.get('edges')?.fields.get('node') ?? null;
  return { items, count: edges.length, shape: of, page: pageOf(edges.length), ...argumentsOf };
}

/** Without a schema the default of `first` is not known. */
const mayBeCut = ({ object, shape }: Owner): boolean =>
  !shape?.type || shape.first !== null || isObject(object.pageInfo);

const isListOfObjects = (value: readonly Json[], shape: Shape | null): boolean =>
  value.length > 0 ? value.some(isObject) : (shape?.fields.size ?? 0) > 0;

const itemParts: ReadonlySet<string> = new Set(['nodes', 'edges', 'pageInfo']);

/** What a connection has besides its items: totals. Nothing of a plain list. */
export const withoutItems = (connection: Json | undefined): JsonObject =>
  isObject(connection) ? Object.fromEntries(Object.entries(connection).filter(([key]) => !itemParts.has(key))) : {};

/** An object that is null has no columns: other rows have them. */
export const isAbsentObject = (value: Json, shape: Shape | null): boolean =>
  value === null && (shape?.fields.size ?? 0) > 0;
