/**
 * Column types of the raw tables. The lengths of texts match the models' contracts: 256 bytes for ids, 1024 for names.
 */
export type RawColumnType = 'bigint' | 'varchar(256)' | 'varchar(1024)' | 'numeric(18,4)' | 'timestamptz';

/** Whether a type is text. Blanks are significant in text. */
export const isText = (type: RawColumnType): boolean => type === 'varchar(256)' || type === 'varchar(1024)';

export interface RawColumn {
  readonly name: string;
  readonly type: RawColumnType;
  /** Whether the column must be in the header of a CSV file. */
  readonly inHeader: 'required' | 'optional';
  /** Whether an empty field is null; otherwise it is a fault. */
  readonly nullable: boolean;
  /** What follows if a CSV file lacks the column, for a notice. Undefined: nothing that has to be reported. */
  readonly ifMissing?: string;
}

export interface RawTable {
  readonly schema: 'adsuite_mirror' | 'adgem' | 'events';
  readonly name: string;
  /** The CSV file in WAREHOUSE_CSV. */
  readonly file: string;
  readonly columns: readonly RawColumn[];
  /** The source system's primary key, if it has one; clicks and events have none and may be delivered twice. */
  readonly primaryKey: string | null;
}

const required = (name: string, type: RawColumnType): RawColumn => ({
  name,
  type,
  inHeader: 'required',
  nullable: false,
});
const nullable = (name: string, type: RawColumnType): RawColumn => ({
  name,
  type,
  inHeader: 'required',
  nullable: true,
});
const optional = (name: string, type: RawColumnType): RawColumn => ({
  name,
  type,
  inHeader: 'optional',
  nullable: true,
});

/**
 * The raw tables of the warehouse, which the CSV loader fills and dbt's sources name. In production they come from
 * AdSuite (mirrored by federated query), AdGem and the event stream.
 */
export const rawTables: readonly RawTable[] = [
  {
    schema: 'adsuite_mirror',
    name: 'strategies',
    file: 'strategies.csv',
    primaryKey: 'id',
    columns: [
      required('id', 'bigint'),
      optional('name', 'varchar(1024)'),
      nullable('tune_offer_id', 'bigint'),
      required('created_at', 'timestamptz'),
    ],
  },
  {
    schema: 'adsuite_mirror',
    name: 'iterations',
    file: 'iterations.csv',
    primaryKey: 'iteration_id',
    columns: [
      required('iteration_id', 'bigint'),
      required('strategy_id', 'bigint'),
      optional('name', 'varchar(1024)'),
      required('created_at', 'timestamptz'),
    ],
  },
  {
    schema: 'adgem',
    name: 'campaigns',
    file: 'campaigns.csv',
    primaryKey: 'id',
    columns: [required('id', 'bigint'), optional('name', 'varchar(1024)'), nullable('adaction_id', 'bigint')],
  },
  {
    schema: 'adgem',
    name: 'clicks',
    file: 'clicks.csv',
    primaryKey: null,
    columns: [
      required('click_id', 'varchar(256)'),
      nullable('campaign_id', 'bigint'),
      required('timestamp', 'timestamptz'),
      optional('iteration_id', 'bigint'),
      optional('loaded_at', 'timestamptz'),
    ],
  },
  {
    schema: 'events',
    name: 'events',
    file: 'events.csv',
    primaryKey: null,
    columns: [
      required('event_id', 'varchar(256)'),
      required('event_type', 'varchar(256)'),
      nullable('click_id', 'varchar(256)'),
      nullable('goal_reference_id', 'varchar(256)'),
      { ...optional('payout', 'numeric(18,4)'), ifMissing: 'no conversion has a payout' },
      required('timestamp', 'timestamptz'),
      optional('loaded_at', 'timestamptz'),
    ],
  },
];

/**
 * Statements that create the missing raw tables, and the log of mirror refreshes: one row per finished refresh of a
 * mirrored table.
 */
export function rawTableStatements(): string[] {
  const schemas = [...new Set(rawTables.map((table) => table.schema))];
  return [
    ...schemas.map((schema) => `create schema if not exists ${schema}`),
    ...rawTables.map((table) => {
      const columns = table.columns.map((column) => `"${column.name}" ${column.type}`);
      return `create table if not exists ${table.schema}.${table.name} (${columns.join(', ')})`;
    }),
    `create table if not exists adsuite_mirror.refreshes (
       view_name varchar not null, started_at timestamptz not null, finished_at timestamptz not null)`,
  ];
}

/**
 * Indexes for a PostgreSQL server: with them a build reads the new rows only. PostgreSQL ignores blanks at the end of an id in
 * bpchar; see warehouse/dbt/macros/ids.sql.
 */
export const rawIndexes: Readonly<Record<string, readonly (readonly [name: string, key: string])[]>> = {
  'adgem.clicks': [
    ['clicks_click_id', 'cast(click_id as bpchar)'],
    ['clicks_loaded_at', 'loaded_at'],
    ['clicks_timestamp', '"timestamp"'],
  ],
  'events.events': [['events_loaded_at', 'loaded_at']],
};

/**
 * For the transaction that replaces the raw tables' rows. The models keep clicks that the source no longer has, but a file is
 * all there is: a click that was corrected or removed in it must not count. Views that read the tables are built again.
 */
export const forgetClicksStatement =
  'drop table if exists attribution.conversion_clicks, attribution.clicks_by_quarter_hour cascade';
