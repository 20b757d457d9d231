import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { validTimes } from '../../../domain/instant.ts';
import type { BuildReader } from '../connect.ts';
import { anyOf, isIn } from '../sql.ts';
import { attributionSchema } from '../tables.ts';

/** Maximum rows of a statement: far more than AdSuite changes between two builds. */
const maxMoved = 10_000;

/** A strategy whose offer is another one in the mirror of AdSuite now than in the build. */
export interface MovedStrategyRow {
  readonly id: string;
  /** In the build; null: none, or the build does not have the strategy. */
  readonly offer_id: string | null;
  /** Null: none, or the strategy is gone. */
  readonly offer_id_now: string | null;
}

/** The strategies that moved from or to one of these offers. */
export function movedStrategies(build: BuildReader, offers: readonly string[]): Promise<MovedStrategyRow[]> {
  // Of several copies the one that the models choose (stg_adsuite__strategies).
  const mirrored = sql`
    select id, tune_offer_id, row_number() over (
      partition by id
      order by case when ${isValid(sql.ref('created_at'))} then 0 else 1 end, created_at nulls last,
        tune_offer_id nulls last, name nulls last
    ) as copy_number
    from adsuite_mirror.strategies where id is not null`;
  const query = sql<MovedStrategyRow>`
    select coalesce(built.strategy_id, mirrored.id) as id, built.tune_offer_id as offer_id,
      mirrored.tune_offer_id as offer_id_now
    from ${sql.table(`${attributionSchema}.strategies`)} as built
    full join (select id, tune_offer_id from (${mirrored}) as numbered where copy_number = 1) as mirrored
      on mirrored.id = built.strategy_id
    where ${isEither('tune_offer_id', offers)} and ${differs('tune_offer_id')}
    order by 1 limit ${sql.lit(maxMoved)}`;
  return build.rows('live.strategies', query);
}

/** An iteration whose strategy or time is another one in the mirror of AdSuite now than in the build. */
export interface MovedIterationRow {
  readonly id: string;
  /** Null, with the time: the build does not have the iteration. */
  readonly strategy_id: string | null;
  readonly created_at: string | null;
  /** Null, with the time: the iteration is gone. */
  readonly strategy_id_now: string | null;
  readonly created_at_now: string | null;
}

/** The iterations that moved from or to one of these strategies, or within one. */
export function movedIterations(build: BuildReader, strategies: readonly string[]): Promise<MovedIterationRow[]> {
  // Of several copies the one that the models choose (stg_adsuite__iterations).
  const mirrored = sql`
    select iteration_id, strategy_id, created_at, row_number() over (
      partition by iteration_id order by created_at, strategy_id, name nulls last
    ) as copy_number
    from adsuite_mirror.iterations
    where iteration_id is not null and strategy_id is not null and ${isValid(sql.ref('created_at'))}`;
  const query = sql<MovedIterationRow>`
    select coalesce(built.iteration_id, mirrored.iteration_id) as id, built.strategy_id, built.created_at,
      mirrored.strategy_id as strategy_id_now, mirrored.created_at as created_at_now
    from ${sql.table(`${attributionSchema}.iterations_with_end_time`)} as built
    full join (select iteration_id, strategy_id, created_at from (${mirrored}) as numbered where copy_number = 1) as mirrored
      on mirrored.iteration_id = built.iteration_id
    where ${isEither('strategy_id', strategies)} and ${anyOf([differs('strategy_id'), differs('created_at')])}
    order by 1 limit ${sql.lit(maxMoved)}`;
  return build.rows('live.iterations', query);
}

const isValid = (time: RawBuilder<unknown>) =>
  sql<SqlBool>`(${time} >= ${validTimes.from} and ${time} < ${validTimes.before})`;

const isEither = (column: string, values: readonly string[]): RawBuilder<SqlBool> =>
  anyOf(['built', 'mirrored'].map((side) => isIn(sql.ref(`${side}.${column}`), values)));

/** Whether a column differs, of which one side has a value. */
const differs = (column: string): RawBuilder<SqlBool> => {
  const [built, mirrored] = [sql.ref(`built.${column}`), sql.ref(`mirrored.${column}`)];
  return anyOf([
    sql<SqlBool>`${built} is null`,
    sql<SqlBool>`${mirrored} is null`,
    sql<SqlBool>`${built} <> ${mirrored}`,
  ]);
};
