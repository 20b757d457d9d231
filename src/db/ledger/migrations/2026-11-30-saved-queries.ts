import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Queries that analysts keep. Names are compared and sorted by code points (collation "C"), so that the order of a list is the
 * same on every server.
 */
export const savedQueries: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      create table ledger.saved_queries (
        id text primary key check (id <> ''),
        name text collate "C" not null constraint saved_queries_one_per_name unique check (name <> ''),
        owner text not null check (owner <> ''),
        document text not null check (document <> ''),
        variables text check (variables <> ''),
        saved_at timestamptz not null default clock_timestamp(),
        updated_at timestamptz not null default clock_timestamp(),
        check (updated_at >= saved_at)
      )`.execute(db);
  },

  async down(db: Kysely<unknown>) {
    await sql`drop table ledger.saved_queries`.execute(db);
  },
};
