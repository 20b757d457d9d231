import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { AttributionCauseName } from '../../../domain/causes.ts';
import { compareIds } from '../../../domain/ids.ts';
import type { BuildReader } from '../connect.ts';
import type { ListQuery, ParentColumn } from '../list-query.ts';
import { isIn } from '../sql.ts';
import { attributionSchema } from '../tables.ts';
import { type ConversionRow, conversionExpressions } from './conversions.ts';

export const history: RawBuilder<unknown> = sql.table(`${attributionSchema}.attribution_history`);

/**
 * Whether the history has the states of all of these builds, except those without conversions, of which it has none. If it has begun
 * again, its first interval begins after a build that it had.
 */
export async function hasStatesOf(warehouse: BuildReader, numbers: readonly string[]): Promise<boolean> {
  const statement = sql<{ first: string | null; oldest: string | null }>`
    select (select min(from_build_number) from ${history}) as first, min(build_number) as oldest
    from ${sql.table(`${attributionSchema}.attribution_builds`)}
    where conversions > 0 and ${isIn(sql.ref('build_number'), numbers)}`;
  const [row] = await warehouse.rows('history.first', statement);
  const { first = null, oldest = null } = row ?? {};
  return oldest === null || (first !== null && compareIds(first, oldest) <= 0);
}

/** A state of a conversion, and the builds that have it. */
export interface StateRow extends ConversionRow {
  readonly from_build_number: string;
  /** The first build without it; null: the newest build has it. */
  readonly until_build_number: string | null;
  readonly begin_cause: AttributionCauseName;
  readonly end_cause: AttributionCauseName | null;
}

/** The conversion that a state is of. */
export const stateParent: ParentColumn = { name: 'event_id', expression: sql.ref('event_id') };

/**
 * The states of conversions, newest first.
 *
 * @param through number of the build that is served: later builds are left out.
 */
export function stateList(
  warehouse: BuildReader,
  ids: readonly string[],
  through: string,
): ListQuery<'attribution_history', StateRow> {
  const columns = Object.entries(conversionExpressions).map(([name, expression]) => expression.as(name));
  const ended = sql<SqlBool>`until_build_number <= ${through}`;
  return {
    name: 'history.states',
    select: () =>
      warehouse.db
        .selectFrom('attribution_history')
        .select([
          ...columns,
          'from_build_number',
          sql`case when ${ended} then until_build_number end`.as('until_build_number'),
          'begin_cause',
          sql`case when ${ended} then end_cause end`.as('end_cause'),
        ])
        .where(isIn(sql.ref('event_id'), ids))
        .where('from_build_number', '<=', through)
        .$castTo<StateRow>(),
    sort: [{ expression: sql.ref('from_build_number'), direction: 'DESC', nullable: false }],
  };
}
