import type { ClientBase } from 'pg';
import { StackError } from './errors.ts';

/** The mirrored tables. */
export const mirrorViews = ['strategies', 'iterations'] as const;

/** Brings the mirror of AdSuite's tables up to date, as Airflow's user does in production. */
export async function refreshMirror(airflow: ClientBase, report: (line: string) => void): Promise<void> {
  for (const view of mirrorViews) {
    const started = performance.now();
    await airflow.query(`call adsuite_mirror.refresh('${view}')`);
    report(`  adsuite_mirror.${view} (${((performance.now() - started) / 1000).toFixed(2)} s)`);
  }
}

/**
 * Throws a StackError unless a refresh of each mirrored table that began at or after `since` has finished. Without it
 * clicks on an iteration that the mirror has not seen would go to the one before it, and nothing would tell.
 *
 * @param since an instant of the warehouse's own clock, as text that PostgreSQL reads.
 */
export async function requireRefreshed(client: ClientBase, since: string): Promise<void> {
  const { rows } = await client.query<{ view_name: string }>(
    'select distinct view_name from adsuite_mirror.refreshes where started_at >= $1::timestamptz',
    [since],
  );
  const refreshed = new Set(rows.map((row) => row.view_name));
  const missing = mirrorViews.filter((view) => !refreshed.has(view));
  if (missing.length > 0) {
    const names = missing.map((view) => `adsuite_mirror.${view}`).join(' and ');
    throw new StackError(`Not attributed: ${names} has no refresh on record that began in this run (since ${since}).`);
  }
}
