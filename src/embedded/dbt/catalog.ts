import { literal } from '../quoting.ts';

/** A connection that runs statements one after the other. */
export interface DbtClient {
  query(sql: string): Promise<{ readonly rows: readonly unknown[]; readonly rowCount?: number | null }>;
}

/** What kind of relation has a name. */
export type RelationKind = 'none' | 'view' | 'table';

export interface Relation {
  readonly name: string;
  readonly kind: 'view' | 'table';
  readonly comment: string | null;
}

/** The tables and views of a schema. Of names that differ in a number at the end, the highest comes first. */
export async function relationsIn(client: DbtClient, schema: string): Promise<readonly Relation[]> {
  const { rows } = await client.query(
    `select c.relname::text as name, case c.relkind when 'v' then 'view' else 'table' end as kind,
       obj_description(c.oid, 'pg_class') as comment
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = ${literal(schema)} and c.relkind in ('r', 'p', 'v')
     order by length(c.relname) desc, c.relname desc`,
  );
  return rows as readonly Relation[];
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
