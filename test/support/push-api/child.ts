import type { PostgresConnection } from '../../../local/postgres/client.ts';
import { writeCsv } from '../child-service.ts';
import { pushWorld } from './world.ts';

const columns = {
  strategies: 'id,tune_offer_id,created_at',
  iterations: 'iteration_id,strategy_id,created_at',
  campaigns: 'id,adaction_id',
  clicks: 'click_id,campaign_id,timestamp',
  events: 'event_id,event_type,click_id,goal_reference_id,payout,timestamp',
} as const;

/** A push world as files for WAREHOUSE_CSV. */
export function writePushWorld(name: string, count: number): string {
  const world = pushWorld(count);
  const files = Object.entries(columns).map(([table, header]) => {
    const rows = world[table as keyof typeof columns].map((row) =>
      header
        .split(',')
        .map((column) => row[column])
        .join(),
    );
    return [`${table}.csv`, `${[header, ...rows].join('\n')}\n`];
  });
  return writeCsv(name, Object.fromEntries(files));
}

/** The environment of a service with this ledger; null: its own, in its DATA_DIR. */
export function pushEnvironment(
  adsuite: { readonly url: string; readonly token: string },
  ledger: PostgresConnection | null,
): Record<string, string> {
  return {
    ADSUITE_URL: adsuite.url,
    ADSUITE_TOKEN: adsuite.token,
    PUSH_BATCH_ROWS: '1',
    PUSH_CONCURRENCY: '2',
    PUSH_LEASE_SECONDS: '2',
    // The world lies in a past of its own.
    STALE_AFTER_MINUTES: '525600',
    ...(ledger ? { LEDGER_URL: ledgerUrl(ledger) } : {}),
  };
}

const ledgerUrl = ({ host, port, user, password, database }: PostgresConnection): string =>
  `postgres://${user}:${password}@${host}:${port}/${database}?sslmode=disable`;
