import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { campaignList, campaignSorting } from '../db/warehouse/queries/campaigns.ts';
import { type Campaign, type CampaignsArgs, defaultCampaignOrder, toCampaign } from '../schema/campaign.ts';
import { toOrder } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import { warehouseConnection } from './paged-connection.ts';

export function allCampaigns(
  { ofThisRelease }: WarehouseLoaders,
  { filter, orderBy, ...page }: CampaignsArgs,
): Connection<Campaign> {
  const order = toOrder(orderBy, defaultCampaignOrder);
  return warehouseConnection(ofThisRelease, campaignList(ofThisRelease, filter ?? {}, order), {
    scope: ['campaigns', filter ?? {}, order],
    page,
    position: (row) => campaignSorting.position(row, order),
    node: toCampaign,
  });
}
