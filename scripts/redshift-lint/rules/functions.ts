import { anyOf, nodes, type Rule } from '../rule.ts';
import { type Fields, type Statement, stringsOf } from '../statement.ts';

/**
 * A function's name as the rules use it. PostgreSQL's grammar puts `pg_catalog` before functions that are spelled as
 * syntax (`pg_catalog.btrim` is `trim(…)`); it is removed. Any other schema is kept: the function is user-defined.
 */
export function functionName(call: Fields): string {
  const parts = stringsOf(call.funcname);
  return parts[0] === 'pg_catalog' ? parts.slice(1).join('.') : parts.join('.');
}

/**
 * The functions that a statement may call, each with its page in the guide. To allow another one, read its page and add
 * it here. The same name is not enough: arguments and result must match PostgreSQL's, or the difference needs a rule.
 */
export const knownFunctions: ReadonlyMap<string, string> = new Map([
  // Aggregates
  ['avg', 'r_AVG'],
  ['count', 'r_COUNT'],
  ['listagg', 'r_LISTAGG'],
  ['max', 'r_MAX'],
  ['min', 'r_MIN'],
  ['sum', 'r_SUM'],
  // Windows
  ['dense_rank', 'r_WF_DENSE_RANK'],
  ['first_value', 'r_WF_first_value'],
  ['lag', 'r_WF_LAG'],
  ['last_value', 'r_WF_first_value'],
  ['lead', 'r_WF_LEAD'],
  ['rank', 'r_WF_RANK'],
  ['row_number', 'r_WF_ROW_NUMBER'],
  // Text
  ['btrim', 'r_BTRIM, r_TRIM'],
  ['left', 'r_LEFT'],
  ['like_escape', 'r_patternmatching_condition_like: LIKE … ESCAPE in the parse tree'],
  ['lower', 'r_LOWER'],
  ['octet_length', 'r_OCTET_LENGTH'],
  ['split_part', 'SPLIT_PART'],
  ['rtrim', 'r_RTRIM'],
  ['strpos', 'r_STRPOS'],
  ['to_char', 'r_TO_CHAR, r_FORMAT_strings'],
  ['upper', 'r_UPPER'],
  // Numbers
  ['abs', 'r_ABS'],
  ['floor', 'r_FLOOR'],
  // Times
  ['date_trunc', 'r_DATE_TRUNC'],
  ['dateadd', 'r_DATEADD_function'],
  ['datediff', 'r_DATEDIFF_function'],
  ['extract', 'r_EXTRACT_function'],
  ['getdate', 'r_GETDATE'],
  ['timezone', 'r_AT_TIME_ZONE: AT TIME ZONE in the parse tree'],
]);

const unsupported = 'guide, c_unsupported-postgresql-functions';

/** A rule about functions, by name. A name that ends with * is a prefix. */
interface Group extends Omit<Rule, 'find'> {
  readonly functions: readonly string[];
  /** The functions are accepted in a statement that reads no table. */
  readonly onlyBesideTables?: true;
  readonly alsoFind?: Rule['find'];
}

const groups: readonly Group[] = [
  {
    name: 'list-aggregate',
    construct: 'string_agg, array_agg',
    why: "Redshift has listagg(a, ',') within group (order by a).",
    source: unsupported,
    functions: ['string_agg', 'array_agg', 'any_value', 'range_agg'],
    refused: [`select string_agg(a, ',') from x`, 'select array_agg(a) from x'],
    accepted: [`select listagg(a, ',') within group (order by a) from x`],
  },
  {
    name: 'statistics-aggregate',
    construct: 'every, corr, covar_pop, regr_…',
    why: 'Redshift has none of them. Write out the sums; every(a) is min(case when a then 1 else 0 end) = 1.',
    source: unsupported,
    functions: ['every', 'corr', 'covar_*', 'regr_*', 'mode'],
    refused: ['select every(a > 1) from x', 'select regr_slope(a, b) from x'],
    accepted: ['select min(case when a > 1 then 1 else 0 end) = 1 from x'],
  },
  {
    name: 'json',
    construct: 'json_agg, jsonb_build_object, row_to_json, json_object(…), xmlelement(…)',
    why: 'Redshift cannot build JSON or XML from rows. Select the columns and build the document in the program.',
    source: `guide, c_unsupported-postgresql-datatypes: JSON, XML; c_unsupported-postgresql-functions: XML functions`,
    functions: [
      'json_*',
      'jsonb_*',
      'to_json',
      'to_jsonb',
      'row_to_json',
      'array_to_json',
      'xml*',
      'xpath',
      'query_to_*',
    ],
    alsoFind: (statement) => statement.nodes.filter(({ kind }) => isJsonOrXml(kind)),
    refused: [
      'select json_agg(a) from x',
      `select jsonb_build_object('a', a) from x`,
      'select row_to_json(x) from x',
      `select json_object('a': 1)`,
      'select xmlelement(name a)',
    ],
    accepted: ['select a as json from x'],
  },
  {
    name: 'series',
    construct: 'generate_series, generate_subscripts, unnest',
    why: 'Redshift has no functions that return rows. Join a table of numbers or days.',
    source: unsupported,
    functions: ['generate_series', 'generate_subscripts', 'unnest', 'regexp_split_to_table'],
    refused: ['select generate_series(1, 10)', 'select unnest(a) from x'],
    accepted: ['select row_number() over (order by a) as series from x'],
  },
  {
    name: 'array-function',
    construct: 'array_length, array_append, cardinality …',
    why: 'Redshift has no arrays. Keep one value per row.',
    source: `${unsupported}: array functions and operators`,
    functions: ['array_*', 'cardinality', 'regexp_matches', 'regexp_split_to_array', 'string_to_array', 'trim_array'],
    refused: ['select array_length(a, 1) from x', `select string_to_array(a, ',') from x`],
    accepted: [`select split_part(a, ',', 1) from x`],
  },
  {
    name: 'advisory-lock',
    construct: 'pg_advisory_lock(…)',
    why: 'Redshift has no advisory locks. Run the work in one process at a time, or LOCK a table.',
    source: `${unsupported}: advisory lock functions`,
    functions: ['pg_advisory_*', 'pg_try_advisory_*'],
    refused: ['select pg_advisory_lock(1)', 'select pg_try_advisory_xact_lock($1)'],
    accepted: ['lock x'],
  },
  {
    name: 'sequence-function',
    construct: 'nextval, currval, setval, lastval',
    why: 'Redshift has no sequences. Generate ids in the program, or declare the column IDENTITY.',
    source: `${unsupported}: sequence manipulation functions`,
    functions: ['nextval', 'currval', 'setval', 'lastval', 'pg_get_serial_sequence'],
    refused: [`select nextval('x_id_seq')`],
    accepted: ['select max(a) + 1 from x'],
  },
  {
    name: 'clock',
    construct: 'now(), current_timestamp, localtimestamp, clock_timestamp() …',
    why: 'Redshift runs them only on the leader node, or not at all. Bind the time as a value, or write getdate().',
    source: `guide, c_SQL_functions_leader_node_only (deprecated); ${unsupported}; liquibase-redshift#9`,
    functions: [
      ...['now', 'clock_timestamp', 'statement_timestamp', 'transaction_timestamp', 'timeofday'],
      ...['age', 'isfinite', 'justify_days', 'justify_hours', 'justify_interval'],
    ],
    alsoFind: nodes('SQLValueFunction', ({ op }) => /_(CURRENT_TIME|LOCALTIME)/.test(String(op))),
    refused: [
      'select now()',
      'select a from x where b < current_timestamp',
      'select localtimestamp, current_time(3)',
      'select clock_timestamp()',
      'select age(a) from x',
    ],
    accepted: ['select getdate(), sysdate', 'select a from x where b < current_date'],
  },
  {
    name: 'sleep',
    construct: 'pg_sleep(…)',
    why: 'Redshift has no PG_SLEEP.',
    source: unsupported,
    functions: ['pg_sleep', 'pg_sleep_for', 'pg_sleep_until'],
    refused: ['select pg_sleep(1)'],
    accepted: ['select sleep from x'],
  },
  {
    name: 'leader-only',
    construct: 'current_schema(), has_table_privilege(…), to_ascii …',
    why: 'Redshift runs it only on the leader node, so it fails in a statement that reads a table.',
    source: 'guide, c_SQL_functions_leader_node_only',
    functions: [
      ...['current_schema', 'current_schemas', 'has_database_privilege', 'has_schema_privilege', 'has_table_privilege'],
      ...['get_bit', 'getbit', 'get_byte', 'set_bit', 'set_byte', 'to_ascii'],
    ],
    onlyBesideTables: true,
    alsoFind: nodes('SQLValueFunction', ({ op }) => op === 'SVFOP_CURRENT_SCHEMA'),
    refused: [
      'select current_schema from x',
      'select current_schemas(true), a from x',
      `select a from x where has_table_privilege('x', 'select')`,
    ],
    accepted: ['select current_user from x', `select has_table_privilege($1, 'insert') as b`, 'select current_schema'],
  },
  {
    name: 'missing-function',
    construct: 'div, width_bucket, overlay, encode, format, regexp_matches …',
    why: 'Redshift does not have the function.',
    source: unsupported,
    functions: [
      ...['div', 'setseed', 'width_bucket', 'bit_length', 'overlay', 'convert_from', 'convert_to', 'encode', 'format'],
      ...['quote_nullable', 'current_query', 'inet_*', 'pg_*', 'gen_random_uuid', 'uuidv4', 'uuidv7'],
    ],
    alsoFind: nodes('SQLValueFunction', ({ op }) => op === 'SVFOP_CURRENT_CATALOG'),
    refused: ['select current_catalog', 'select div(7, 2)', `select format('%s', a) from x`, 'select pg_backend_pid()'],
    accepted: ['select upper(a), lower(a) from x'],
  },
];

const exact = new Map<string, string>();
const prefixes: [prefix: string, rule: string][] = [];
for (const { name, functions } of groups) {
  for (const each of functions) {
    if (each.endsWith('*')) prefixes.push([each.slice(0, -1), name]);
    else exact.set(each, name);
  }
}

/** The rule for a function's name, by exact match, else by the longest prefix. */
function groupOf(call: Fields): string | undefined {
  const name = functionName(call);
  const fitting = prefixes.filter(([prefix]) => name.startsWith(prefix));
  return exact.get(name) ?? fitting.toSorted(([one], [other]) => other.length - one.length)[0]?.[1];
}

/** Whether a node is SQL syntax for JSON or XML. */
export function isJsonOrXml(kind: string): boolean {
  return /^(Json|Xml)/.test(kind) || kind === 'RangeTableFunc';
}

/** Function calls, by name. */
const nameRules: readonly Rule[] = [
  ...groups.map(({ functions: _, onlyBesideTables = false, alsoFind = () => [], ...rule }): Rule => {
    const find = anyOf(
      nodes('FuncCall', (call) => groupOf(call) === rule.name),
      alsoFind,
    );
    const readsTables = (statement: Statement) => statement.nodes.some(({ kind }) => kind === 'RangeVar');
    return { ...rule, find: (statement) => (onlyBesideTables && !readsTables(statement) ? [] : find(statement)) };
  }),
  {
    name: 'unknown-function',
    construct: 'a function that is not in knownFunctions',
    why: 'It is unknown whether Redshift has the function. Check the guide, and add the function to knownFunctions with its page.',
    source: "knownFunctions in scripts/redshift-lint/rules/functions.ts, based on the guide's function reference",
    find: nodes('FuncCall', (call) => groupOf(call) === undefined && !knownFunctions.has(functionName(call))),
    refused: ['select reticulate(a) from x', 'select attribution.lower(a) from x', `select to_tsvector(a) from x`],
    accepted: ['select lower(a), trim(a), count(*) from x group by a', 'select datediff(microsecond, a, b) from x'],
  },
];

const inUtc = (call: Fields): boolean => {
  const [zone] = (call.args ?? []) as { A_Const?: { sval?: { sval?: string } } }[];
  return functionName(call) === 'timezone' && zone?.A_Const?.sval?.sval === 'UTC';
};

type Argument = { FuncCall?: Fields; TypeCast?: { typeName?: { names?: unknown } } } | undefined;

const isCastTo = (argument: Argument, types: readonly string[]): boolean =>
  types.includes(stringsOf(argument?.TypeCast?.typeName?.names).at(-1) ?? '');

/** Calls of functions that exist on Redshift but give other results there. */
const argumentRules: readonly Rule[] = [
  {
    name: 'date-trunc-zone',
    construct: "date_trunc('day', instant)",
    why: "Redshift's date_trunc returns a TIMESTAMP in the session's zone. Truncate … at time zone 'UTC', which is a TIMESTAMP already.",
    source: 'guide, r_DATE_TRUNC',
    find: nodes('FuncCall', (call) => {
      if (functionName(call) !== 'date_trunc') return false;
      const [, instant, ...zone] = (call.args ?? []) as Argument[];
      const isWithoutZone = inUtc(instant?.FuncCall ?? {}) || isCastTo(instant, ['timestamp', 'date']);
      return zone.length > 0 || !isWithoutZone;
    }),
    refused: [
      `select date_trunc('hour', a) from x`,
      `select date_trunc('hour', a, 'UTC') from x`,
      `select date_trunc('hour', a at time zone 'America/New_York') from x`,
    ],
    accepted: [
      `select date_trunc('hour', a at time zone 'UTC') at time zone 'UTC' from x`,
      `select date_trunc('month', cast(a as date)) from x`,
    ],
  },
  {
    name: 'avg-of-integers',
    construct: 'avg(a)',
    why: "Redshift's average of integers is an integer, PostgreSQL's is not. Write avg(cast(a as numeric(38, 6))), or sum and count.",
    source: 'guide, r_AVG',
    find: nodes('FuncCall', (call) => {
      const [argument] = (call.args ?? []) as Argument[];
      return functionName(call) === 'avg' && !isCastTo(argument, ['numeric', 'float4', 'float8']);
    }),
    refused: ['select avg(a) from x', 'select avg(cast(a as bigint)) from x', 'select avg(a + 1) from x'],
    accepted: ['select avg(cast(a as numeric(38, 6))) from x', 'select avg(a::double precision) from x'],
  },
];

export const functionRules: readonly Rule[] = [...nameRules, ...argumentRules];
