import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Changeset } from './formatted-sql.ts';
import { ChangelogError } from './types.ts';

/** The plain reader's table of what it has applied; Liquibase's is DATABASECHANGELOG. */
const table = 'public.plain_changelog';

export interface Applied {
  readonly id: string;
  readonly checksum: string;
}

/** Which tool keeps this database's changelog, if any. */
export async function keeperOf(client: pg.Client): Promise<'liquibase' | 'plain' | null> {
  const { rows } = await client.query<{ liquibase: boolean; plain: boolean }>(
    `select to_regclass('public.databasechangelog') is not null as liquibase, to_regclass('${table}') is not null as plain`,
  );
  if (rows[0]?.liquibase) return 'liquibase';
  return rows[0]?.plain ? 'plain' : null;
}

/** Keeps other runs on this database out until the connection ends, however it ends. */
export async function lock(client: pg.Client): Promise<void> {
  await client.query(`select pg_advisory_lock(hashtext('${table}'))`);
}

/** Frees Liquibase's own lock, a row that stays when its process is killed. Only for whoever holds the lock above. */
export async function freeStaleLock(client: pg.Client): Promise<void> {
  const { rows } = await client.query(`select to_regclass('public.databasechangeloglock') is not null as there`);
  if (!rows[0]?.there) return;
  await client.query('update public.databasechangeloglock set locked = false, lockgranted = null, lockedby = null');
}

export async function openBookkeeping(client: pg.Client): Promise<void> {
  await client.query(
    `create table if not exists ${table} (
       id varchar primary key,
       checksum varchar not null,
       applied_number bigint generated always as identity,
       applied_at timestamptz not null default now())`,
  );
}

export async function closeBookkeeping(client: pg.Client): Promise<void> {
  await client.query(`drop table ${table}`);
}

/** What has been applied, in the order of its last application. */
export async function readApplied(client: pg.Client): Promise<Applied[]> {
  return (await client.query<Applied>(`select id, checksum from ${table} order by applied_number`)).rows;
}

export async function noteApplied(client: pg.Client, changeset: Changeset): Promise<void> {
  await noteUndone(client, changeset.id);
  await client.query(`insert into ${table} (id, checksum) values ($1, $2)`, [changeset.id, checksumOf(changeset)]);
}

export async function noteUndone(client: pg.Client, id: string): Promise<void> {
  await client.query(`delete from ${table} where id = $1`, [id]);
}

/** Of the text with parameters filled in, as Liquibase's; comments and white space don't count. */
export function checksumOf({ sql }: Changeset): string {
  return createHash('sha256').update(sql.replaceAll(/\s+/g, ' ')).digest('hex');
}

/** @throws ChangelogError naming every changeset that was edited after it was applied */
export function refuseEdited(changesets: readonly Changeset[], applied: ReadonlyMap<string, string>): void {
  const edited = changesets.filter((changeset) => {
    const checksum = applied.get(changeset.id);
    return checksum !== undefined && !isRepeatable(changeset) && checksum !== checksumOf(changeset);
  });
  if (edited.length === 0) return;
  throw new ChangelogError(
    `Changesets (or their parameters) were edited after they had been applied: ${edited.map(({ id }) => id).join(', ')}. Undo the edit and add a new changeset instead.`,
  );
}

/** Whether the changeset is to run now. */
export function isPending(changeset: Changeset, applied: ReadonlyMap<string, string>): boolean {
  const checksum = applied.get(changeset.id);
  if (checksum === undefined || changeset.runAlways) return true;
  return changeset.runOnChange && checksum !== checksumOf(changeset);
}

const isRepeatable = ({ runOnChange, runAlways }: Changeset) => runOnChange || runAlways;
