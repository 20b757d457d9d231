import type { ConversionColumn } from '../db/warehouse/queries/conversions.ts';

/** The columns that each field of a conversion reads, besides the id. */
const columnsOfFields: Readonly<Record<string, readonly ConversionColumn[]>> = {
  __typename: [],
  id: [],
  clickId: ['click_id'],
  goalReferenceId: ['goal_reference_id'],
  payout: ['payout'],
  convertedAt: ['converted_at'],
  clickedAt: ['clicked_at'],
  loadedAt: ['loaded_at'],
  campaignId: ['campaign_id'],
  status: ['status'],
  method: ['method'],
  secondsIntoIteration: ['microseconds_into_iteration'],
  click: ['click_id', 'clicked_at', 'campaign_id'],
  strategyId: ['strategy_id'],
  iterationId: ['iteration_id'],
  strategy: ['strategy_id'],
  iteration: ['iteration_id'],
  campaign: ['campaign_id'],
  history: [],
};

/** The columns that fields of conversions read; null: all, because one of the fields reads the whole row. */
export function columnsOfConversions(fields: ReadonlySet<string>): ConversionColumn[] | null {
  const columns: ConversionColumn[] = [];
  for (const field of fields) {
    const own = columnsOfFields[field];
    if (!own) return null;
    columns.push(...own);
  }
  return columns;
}
