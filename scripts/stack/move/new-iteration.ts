import type { Client } from 'pg';
import { instantFromPostgres } from '../../../src/domain/instant.ts';
import type { KnownIteration } from './predict.ts';

/** An iteration that was just made, and conversions whose clicks came around its beginning. */
export interface NewIteration extends KnownIteration {
  readonly conversions: readonly { readonly id: string; readonly when: string; readonly payout: string }[];
}

/** AdSuite's part: a new iteration, made this instant. Nobody tells the warehouse. */
export async function makeIteration(adsuite: Client, strategyId: string): Promise<KnownIteration> {
  const { rows } = await adsuite.query<{ id: string; created_at: string }>(
    `insert into public.iterations (iteration_id, strategy_id, name, created_at)
     select max(iteration_id) + 1, $1, 'made by stack:move', clock_timestamp() from public.iterations
     returning iteration_id as id, created_at::text`,
    [strategyId],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('nothing was inserted');
  return { id: row.id, createdAt: instantFromPostgres(row.created_at) };
}

/** `clicked` is SQL of the iteration's beginning, $2. */
const clicks = [
  {
    key: 'before',
    when: 'one microsecond before it',
    payout: '1.0000',
    clicked: "$2::timestamptz - interval '1 microsecond'",
  },
  { key: 'at', when: 'exactly at its beginning', payout: '2.0000', clicked: '$2::timestamptz' },
  {
    key: 'after',
    when: 'a moment after it',
    payout: '4.0000',
    clicked: "greatest($2::timestamptz + interval '1 microsecond', clock_timestamp())",
  },
];

/** AdGem's and the event stream's part: clicks around the beginning of the iteration, and a conversion of each. */
export async function makeConversions(
  warehouse: Client,
  iteration: KnownIteration,
  campaignId: string,
): Promise<NewIteration> {
  const conversions = [];
  for (const { key, when, payout, clicked } of clicks) {
    const id = conversionId(iteration.id, key);
    await warehouse.query(
      `with click as (
         insert into adgem.clicks (click_id, campaign_id, "timestamp", loaded_at)
         values ($1, $3, ${clicked}, clock_timestamp())
         returning click_id)
       insert into events.events (event_id, event_type, click_id, goal_reference_id, payout, "timestamp", loaded_at)
       select click_id, 'goal_complete', click_id, 'stack-move', $4, clock_timestamp(), clock_timestamp() from click`,
      [id, iteration.createdAt, campaignId, payout],
    );
    conversions.push({ id, when, payout });
  }
  return { ...iteration, conversions };
}

/** Of the click and of its conversion: before, at or after the beginning of an iteration. */
export const conversionId = (iterationId: string, key: string): string => `stack-${iterationId}-${key}`;
