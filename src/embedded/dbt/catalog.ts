import { literal } from '../quoting.ts';

/** A connection that runs statements one after the other. */
export interface DbtClient {
  query(sql: string): Promise<{ readonly rows: readonly unknown[]; readonly rowCount?: number | null }>;
}

/** What kind of relation has a name. */
export type RelationKind = 'none' | 'view' | 'table';

/** Looks up the kind of relation that currently has a name. */
export async function relationKind(client: DbtClient, schema: string, name: string): Promise<RelationKind> {
  const { rows } = await client.query(
    `select c.relkind::text as kind from pg_catalog.pg_class c
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = ${literal(schema)} and c.relname = ${literal(name)} and c.relkind in ('r', 'p', 'v')`,
  );
  const row = rows[0] as { kind: string } | undefined;
  return row === undefined ? 'none' : row.kind === 'v' ? 'view' : 'table';
}

export interface ColumnType {
  /** In full, for example `character varying(256)`. */
  readonly type: string;
  /** What dbt compares: all text types are one family, and lengths and precisions do not count. */
  readonly family: string;
}

/** The columns of a relation by name, in order. `relation` is quoted if necessary. */
export async function columnsOf(client: DbtClient, relation: string): Promise<Map<string, ColumnType>> {
  const { rows } = await client.query(
    `select a.attname::text as name, format_type(a.atttypid, a.atttypmod)::text as type,
       case when t.typcategory = 'S' then 'text' else format_type(a.atttypid, null)::text end as family
     from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
     where a.attrelid = ${literal(relation)}::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
  );
  return new Map((rows as readonly ({ name: string } & ColumnType)[]).map(({ name, ...rest }) => [name, rest]));
}
