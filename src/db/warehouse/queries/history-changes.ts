import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { AttributionCauseName } from '../../../domain/causes.ts';
import { cut, type Page } from '../../page.ts';
import type { BuildReader } from '../connect.ts';
import { allOf } from '../sql.ts';
import { type ConversionRow, conversionExpressions, conversionsMatch } from './conversions.ts';
import {
  type ChangeKindName,
  type ChangeQuery,
  changed,
  changeKinds,
  hasCause,
  isChange,
  isOnSide,
  type Side,
  servedName,
  sideOf,
  sides,
} from './history-sides.ts';
import { history } from './history-states.ts';

/** A conversion that differs; a state is null if the build did not have the conversion. */
export interface ChangeRow {
  readonly id: string;
  readonly before: ConversionRow | null;
  readonly after: ConversionRow | null;
}

/** Candidates beyond a page, for conversions that do not differ because they changed back. */
const spareCandidates = 100;
/** By how much a batch is larger than the one before: few statements find the rows of a page, however rare they are. */
const growth = 8;

/**
 * A page of changes by event id. It is found among the next conversions with an interval that began or ended, in batches, so that it
 * costs about a page, and not all changes that follow. One batch is enough if not too many of them changed back, or match only one
 * of several filters.
 */
export async function changePage(
  warehouse: BuildReader,
  query: ChangeQuery,
  page: { readonly first: number; readonly after: string | null },
): Promise<Page<ChangeRow>> {
  // One more shows whether there is a next page.
  const wanted = page.first + 1;
  const rows: ChangeRow[] = [];
  let batch = wanted + spareCandidates;
  let after = page.after;
  for (let isEnd = false; !isEnd && rows.length < wanted; batch *= growth) {
    const statement = changesAmong(query, { after, batch, first: wanted - rows.length });
    const found = await warehouse.rows('history.changes', statement);
    rows.push(...found.filter((row) => row.id !== null).map(changeRow));
    after = found[0]?.last_candidate ?? null;
    isEnd = Number(found[0]?.candidates ?? 0) < batch;
  }
  return cut(rows, page.first);
}

/** The number of conversions that differ. */
export async function countChanges(warehouse: BuildReader, query: ChangeQuery): Promise<number> {
  const statement = sql<{ total: string }>`select count(*) as total from ${changed(query, [])}`;
  const [row] = await warehouse.rows('history.changes.count', statement);
  return Number(row?.total ?? 0);
}

interface FoundRow extends Readonly<Record<string, string | null>> {
  /** The same in all rows. */
  readonly candidates: string;
  readonly last_candidate: string | null;
  /** Null if none of the candidates is a change; then there is one row. */
  readonly id: string | null;
}

interface Batch {
  /** Only conversions after this event id. */
  readonly after: string | null;
  readonly batch: number;
  readonly first: number;
}

/** The first changes among the next candidates, by event id, and how far the candidates go. */
function changesAmong(query: ChangeQuery, { after, batch, first }: Batch): RawBuilder<FoundRow> {
  const served = Object.keys(conversionExpressions);
  const columns = sides.flatMap((side) =>
    served.map((name) => sql`${sql.ref(`${side}_state.${servedName(name)}`)} as ${sql.ref(`${side}_${name}`)}`),
  );
  // Each side is cut before they are put together, so that an index on the event id ends its scan.
  const parts = candidateSides(query).map(
    ({ side, where }) => sql`
      select event_id from (
        select event_id from ${history} where ${where} and ${isAfter(after)} order by event_id limit ${batch}
      ) as ${sql.ref(`${side}_ids`)}`,
  );
  return sql<FoundRow>`
    with candidates as (
      select event_id from (${sql.join(parts, sql` union `)}) as ids order by event_id limit ${batch}
    )
    select progress.candidates, progress.last_candidate, found.*
    from (select count(*) as candidates, max(event_id) as last_candidate from candidates) as progress
    left join (
      select candidates.event_id as id, ${sql.join(columns)}
      from candidates
      left join (${sideOf('before', query, served)}) as before_state on before_state.event_id = candidates.event_id
      left join (${sideOf('after', query, served)}) as after_state on after_state.event_id = candidates.event_id
      where ${isChange(query, sql`candidates.event_id`)}
      order by candidates.event_id limit ${first}
    ) as found on found.id <= progress.last_candidate
    order by found.id`;
}

const isAfter = (id: string | null): RawBuilder<SqlBool> => (id === null ? allOf([]) : sql<SqlBool>`event_id > ${id}`);

/** Where to look for changes: the states of one side or both that together include all that match the filters, and few others. */
function candidateSides(query: ChangeQuery): { readonly side: Side; readonly where: RawBuilder<SqlBool> }[] {
  const { filter, change } = query;
  const [chosen] = sides.filter((side) => change[side]);
  const causes = change.causes ?? causesOf(change.kinds ?? changeKinds);
  const rest = causes ? [hasCause(sql.ref('event_id'), query, causes)] : [];
  return (chosen ? [chosen] : sides).map((side) => {
    // If a side has a filter of its own, the general one may match on the other side.
    const matches = conversionsMatch(chosen ? (change[chosen] ?? {}) : filter, 'attribution_history').build();
    return { side, where: allOf([isOnSide(side, query), matches, ...rest]) };
  });
}

/** The causes of which a conversion that is new or gone has one; null if it may be neither. */
function causesOf(kinds: readonly ChangeKindName[]): AttributionCauseName[] | null {
  const causes = kinds.filter((kind) => kind !== 'DIFFERENT');
  return causes.length === kinds.length ? causes : null;
}

function changeRow(row: FoundRow): ChangeRow {
  const of = (side: Side): ConversionRow | null => {
    if ((row[`${side}_id`] ?? null) === null) return null;
    const entries = Object.keys(conversionExpressions).map((name) => [name, row[`${side}_${name}`] ?? null]);
    return Object.fromEntries(entries) as ConversionRow;
  };
  return { id: String(row.id), before: of('before'), after: of('after') };
}
