import { sql } from 'kysely';
import { cut, type Page, type PageRequest } from '../../page.ts';
import type { LedgerConnection } from '../database.ts';

/** A query that a caller has saved. */
export interface SavedQueryRecord {
  readonly id: string;
  /** No two saved queries have the same name. */
  readonly name: string;
  readonly owner: string;
  readonly document: string;
  /** A JSON object as text; null: none. */
  readonly variables: string | null;
  readonly savedAt: string;
  readonly updatedAt: string;
}

/** Who changes a saved query. */
export interface SavedQueryWriter {
  readonly name: string;
  /** Whether the queries of other owners may be changed too. They keep their owners. */
  readonly mayChangeAll: boolean;
}

/** What to save. */
export interface SavedQueryInput extends Pick<SavedQueryRecord, 'name' | 'document' | 'variables'> {
  /** The saved query to replace; null: a new one, or the writer's own one of this name. */
  readonly id: string | null;
  /** Whether the writer's own one of this name may be replaced without its id. */
  readonly replace: boolean;
}

export interface SavedQueryLimits {
  readonly perOwner: number;
  readonly inAll: number;
}

/** How an attempt to change a saved query ends. Nothing is changed unless it is `done`. */
export type SavedQueryChange =
  | { readonly kind: 'done'; readonly query: SavedQueryRecord }
  /** There is none with this id. */
  | { readonly kind: 'notFound' }
  /** It belongs to another owner. */
  | { readonly kind: 'notOwned'; readonly query: SavedQueryRecord };

/** How an attempt to save a query ends. Nothing is saved unless it is `done`. */
export type SavedQueryOutcome =
  | SavedQueryChange
  /** Another saved query, `query`, has the name. */
  | { readonly kind: 'nameTaken'; readonly query: SavedQueryRecord }
  | { readonly kind: 'limit'; readonly of: keyof SavedQueryLimits };

/** The texts of a saved query, which are long. */
export const savedTexts = ['document', 'variables'] as const;
export type SavedText = (typeof savedTexts)[number];

const shortColumns = ['id', 'name', 'owner', 'saved_at as savedAt', 'updated_at as updatedAt'] as const;
const columns = [...shortColumns, ...savedTexts] as const;

const find = (db: LedgerConnection) => db.selectFrom('ledger.saved_queries').select(columns);

/**
 * A page of all saved queries, by name. The position is a name.
 *
 * @param texts to read; others are absent in the rows.
 */
export async function savedQueryPage(
  db: LedgerConnection,
  page: PageRequest,
  texts: readonly SavedText[],
): Promise<Page<SavedQueryRecord>> {
  const [after] = page.after ?? [];
  const rows = await db
    .selectFrom('ledger.saved_queries')
    .select([...shortColumns, ...texts])
    .$castTo<SavedQueryRecord>()
    .$if(typeof after === 'string', (query) => query.where('name', '>', after ?? ''))
    .orderBy('name')
    // One more than the page has, to see whether there is a next page.
    .limit(page.first + 1)
    .execute();
  return cut(rows, page.first);
}

export async function countSavedQueries(db: LedgerConnection): Promise<number> {
  const row = await db
    .selectFrom('ledger.saved_queries')
    .select((of) => of.fn.countAll<string>().as('total'))
    .executeTakeFirst();
  return Number(row?.total ?? 0);
}

/** Null if there is none. */
export async function savedQueryById(db: LedgerConnection, id: string): Promise<SavedQueryRecord | null> {
  return (await find(db).where('id', '=', id).executeTakeFirst()) ?? null;
}

/**
 * Saves a query. Can be repeated: a query that was saved is then replaced by itself.
 *
 * @param transaction of `inTurn`.
 * @param newId of a new saved query.
 */
export async function saveQuery(
  transaction: LedgerConnection,
  input: SavedQueryInput,
  writer: SavedQueryWriter,
  limits: SavedQueryLimits,
  newId: string,
): Promise<SavedQueryOutcome> {
  const ofName = (await find(transaction).where('name', '=', input.name).executeTakeFirst()) ?? null;
  if (input.id !== null) {
    const query = await savedQueryById(transaction, input.id);
    if (query === null) return { kind: 'notFound' };
    if (!mayChange(writer, query)) return { kind: 'notOwned', query };
    if (ofName !== null && ofName.id !== query.id) return { kind: 'nameTaken', query: ofName };
    return replace(transaction, query.id, input);
  }
  if (ofName !== null) {
    // A repeated save finds what the first attempt has saved.
    const mayReplace = ofName.id === newId || (input.replace && ofName.owner === writer.name);
    if (!mayReplace) return { kind: 'nameTaken', query: ofName };
    return replace(transaction, ofName.id, input);
  }
  const counts = await transaction
    .selectFrom('ledger.saved_queries')
    .select((of) => [
      of.fn.countAll<string>().as('inAll'),
      of.fn.countAll<string>().filterWhere('owner', '=', writer.name).as('perOwner'),
    ])
    .executeTakeFirstOrThrow();
  if (Number(counts.perOwner) >= limits.perOwner) return { kind: 'limit', of: 'perOwner' };
  if (Number(counts.inAll) >= limits.inAll) return { kind: 'limit', of: 'inAll' };
  const { name, document, variables } = input;
  const query = await transaction
    .insertInto('ledger.saved_queries')
    // The default, the time of each call, would make them differ.
    .values({ id: newId, name, owner: writer.name, document, variables, saved_at: present, updated_at: present })
    .returning(columns)
    .executeTakeFirstOrThrow();
  return { kind: 'done', query };
}

/**
 * Deletes a saved query, and returns it as it was.
 *
 * @param transaction of `inTurn`.
 */
export async function deleteSavedQuery(
  transaction: LedgerConnection,
  id: string,
  writer: SavedQueryWriter,
): Promise<SavedQueryChange> {
  const query = await savedQueryById(transaction, id);
  if (query === null) return { kind: 'notFound' };
  if (!mayChange(writer, query)) return { kind: 'notOwned', query };
  await transaction.deleteFrom('ledger.saved_queries').where('id', '=', id).execute();
  return { kind: 'done', query };
}

const mayChange = ({ name, mayChangeAll }: SavedQueryWriter, { owner }: SavedQueryRecord): boolean =>
  mayChangeAll || owner === name;

async function replace(
  db: LedgerConnection,
  id: string,
  { name, document, variables }: SavedQueryInput,
): Promise<SavedQueryOutcome> {
  const query = await db
    .updateTable('ledger.saved_queries')
    // After the server's clock was set back, the time would fall.
    .set({ name, document, variables, updated_at: sql`greatest(${present}, updated_at)` })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirstOrThrow();
  return { kind: 'done', query };
}

/** Not now(): the transaction may have waited for others since it began. */
const present = sql<string>`statement_timestamp()`;

/** The key of the lock among the database's advisory locks; any number, but not the one of pushes. */
export const savedQueriesLock = '4480291746105338912';

/**
 * Runs work in a transaction, one after the other in all services: a name is looked up and rows are counted before one is
 * inserted. The lock is taken by a statement of its own, as those after it must see what earlier transactions have committed.
 *
 * @param waitMilliseconds how long it waits for the others. Each keeps a connection, which reads need too.
 */
export function inTurn<Result>(
  db: LedgerConnection,
  waitMilliseconds: number,
  work: (transaction: LedgerConnection) => Promise<Result>,
): Promise<Result> {
  return db.transaction().execute(async (transaction) => {
    await sql`select set_config('lock_timeout', ${String(waitMilliseconds)}, true)`.execute(transaction);
    await sql`select pg_advisory_xact_lock(${savedQueriesLock}::bigint)`.execute(transaction);
    return work(transaction);
  });
}
