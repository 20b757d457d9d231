import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { campaignSorting } from '../db/warehouse/queries/campaigns.ts';
import { type Campaign, type CampaignsArgs, defaultCampaignOrder, toCampaign } from '../schema/campaign.ts';
import { toOrder } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import { pagedConnection } from './paged-connection.ts';

export function allCampaigns(
  { campaigns }: WarehouseLoaders,
  { filter, orderBy, ...page }: CampaignsArgs,
): Connection<Campaign> {
  const order = toOrder(orderBy, defaultCampaignOrder);
  return pagedConnection({
    scope: ['campaigns', filter ?? {}, order],
    columns: campaignSorting.columns(order).length,
    page,
    fetch: (request) => campaigns.page(filter ?? {}, order, request),
    count: () => campaigns.count(filter ?? {}, order),
    position: (row) => campaignSorting.position(row, order),
    node: toCampaign,
  });
}
