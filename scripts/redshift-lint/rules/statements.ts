import { anyOf, nodes, type Rule } from '../rule.ts';

const features = 'guide, c_unsupported-postgresql-features';

/** Guide, c_SQL_commands, as PostgreSQL's grammar names them. */
const knownStatements = new Set([
  ...['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'TruncateStmt', 'LockStmt'],
  ...['TransactionStmt', 'VariableSetStmt', 'VariableShowStmt', 'ExplainStmt', 'VacuumStmt', 'CallStmt'],
  ...['CreateStmt', 'CreateTableAsStmt', 'CreateSchemaStmt', 'ViewStmt', 'DropStmt', 'CommentStmt'],
]);

/** Guide, cm_chap_ConfigurationRef; application_name: r_STL_CONNECTION_LOG ("initial or updated name"). */
const settings = new Set([
  ...['statement_timeout', 'timezone', 'search_path', 'datestyle', 'extra_float_digits', 'query_group'],
  ...['enable_result_cache_for_session', 'enable_case_sensitive_identifier', 'describe_field_name_in_uppercase'],
  'application_name',
]);

const ruled = new Set(['IndexStmt', 'CreateTrigStmt', 'CreateSeqStmt', 'AlterSeqStmt']);
const ownTypes = new Set(['CreateEnumStmt', 'CompositeTypeStmt', 'CreateDomainStmt', 'CreateRangeStmt', 'DefineStmt']);

const isReadOnly = (name: unknown) => name === 'transaction_read_only' || name === 'default_transaction_read_only';

/** Kinds of statements, and clauses of statements that write. */
export const statementRules: readonly Rule[] = [
  {
    name: 'on-conflict',
    construct: 'insert … on conflict',
    why: 'Redshift does not enforce keys, so there are no conflicts. Use merge, or delete and insert.',
    source: "guide, r_INSERT_30: not in the statement's syntax",
    find: nodes('OnConflictClause'),
    refused: [
      'insert into x (a) values (1) on conflict do nothing',
      'insert into x (a) values (1) on conflict (a) do update set b = 2',
    ],
    accepted: ['insert into x (a) select a from y'],
  },
  {
    name: 'returning',
    construct: 'insert … returning',
    why: 'Redshift has no RETURNING and no other way to read a generated IDENTITY. Generate ids in the program.',
    source: 'sqlalchemy-redshift#330, npgsql#544',
    find: nodes('ReturningClause'),
    refused: [
      'insert into x (a) values (1) returning a',
      'delete from x returning a',
      'update x set a = 1 returning *',
    ],
    accepted: ['update x set a = 1 where b = 2'],
  },
  {
    name: 'index',
    construct: 'create index',
    why: 'Redshift has no indexes. Use a sort key.',
    source: `${features}: Indexes`,
    find: nodes('IndexStmt'),
    refused: ['create index on x (a)', 'create unique index i on x (a)'],
    accepted: ['analyze x'],
  },
  {
    name: 'trigger',
    construct: 'create trigger',
    why: 'Redshift has no triggers. Do the work in the writing statement or in dbt.',
    source: `${features}: Triggers`,
    find: nodes('CreateTrigStmt'),
    refused: ['create trigger t after insert on x for each row execute function f()'],
    accepted: ['create table trigger_log (a int)'],
  },
  {
    name: 'sequence',
    construct: 'create sequence, generated as identity',
    why: 'Redshift has no sequences. Generate ids in the program, or declare the column IDENTITY (seed, step), which has gaps.',
    source: `${features}: Sequences; r_CREATE_TABLE_NEW`,
    find: anyOf(
      nodes(['CreateSeqStmt', 'AlterSeqStmt']),
      nodes('Constraint', ({ contype }) => contype === 'CONSTR_IDENTITY'),
    ),
    refused: ['create sequence s', 'create table x (a bigint generated always as identity)'],
    accepted: ['create table x (a bigint not null)'],
  },
  {
    name: 'own-type',
    construct: 'create type, create domain, create aggregate',
    why: 'Redshift has no user-defined types and aggregates. For an enum, use a varchar and the dbt test accepted_values.',
    source: 'guide, c_unsupported-postgresql-datatypes: composite, enumerated and range types',
    find: nodes([...ownTypes]),
    refused: [
      `create type status as enum ('a', 'b')`,
      'create type pair as (a int, b int)',
      'create domain id as bigint',
    ],
    accepted: ['create table status (a varchar(32))'],
  },
  {
    name: 'table-option',
    construct: 'check (…), exclude …, inherits (…), partition by …, generated always as (…)',
    why: 'Redshift has none of these, and does not enforce keys either. Test the data with dbt.',
    source: `${features}: Constraints, Inheritance, Table partitioning`,
    find: anyOf(
      nodes('Constraint', ({ contype }) => /_(CHECK|EXCLUSION|GENERATED)$/.test(String(contype))),
      nodes('CreateStmt', ({ inhRelations, partspec, tablespacename }) =>
        [inhRelations, partspec, tablespacename].some((each) => each !== undefined),
      ),
    ),
    refused: [
      'create table x (a int check (a > 0))',
      'create table x () inherits (y)',
      'create table x (a int) partition by range (a)',
      'create table x (a int, b int generated always as (a * 2) stored)',
    ],
    accepted: ['create table x (a int not null default 1 primary key, b int unique references y (b))'],
  },
  {
    name: 'savepoint',
    construct: 'savepoint, release, rollback to',
    why: 'Redshift has no savepoints. Roll back the whole transaction and retry it.',
    source: 'guide, c_unsupported-postgresql-functions: ROLLBACK TO SAVEPOINT; the others are not in c_SQL_commands',
    find: nodes('TransactionStmt', ({ kind }) =>
      /_(SAVEPOINT|RELEASE|ROLLBACK_TO|PREPARE.*|.*_PREPARED)$/.test(String(kind)),
    ),
    refused: ['savepoint a', 'release savepoint a', 'rollback to savepoint a'],
    accepted: ['begin', 'commit', 'rollback'],
  },
  {
    name: 'read-only-transaction',
    construct: 'begin read only, set transaction read only',
    why: 'On Redshift, a SELECT from a stale materialized view or an external table has failed in one. Use a user with only SELECT rights.',
    source: 'awslabs/mcp#1966, #3259, #3273; AWS says fixed in patch 204 (#3275)',
    find: anyOf(
      nodes('DefElem', ({ defname }) => isReadOnly(defname)),
      nodes('VariableSetStmt', ({ name }) => isReadOnly(name)),
    ),
    refused: ['begin read only', 'set transaction read only', 'set default_transaction_read_only to on'],
    accepted: ['begin', 'begin isolation level serializable'],
  },
  {
    name: 'setting',
    construct: 'set lock_timeout, set idle_in_transaction_session_timeout …',
    why: "Redshift's guide does not list the setting. Use statement_timeout to limit a statement's time.",
    source: 'guide, cm_chap_ConfigurationRef',
    find: nodes('VariableSetStmt', ({ name, kind }) => {
      const isTransaction = kind === 'VAR_SET_MULTI';
      return !isTransaction && !isReadOnly(name) && !settings.has(String(name).toLowerCase());
    }),
    refused: ['set lock_timeout to 100', `set client_min_messages to 'warning'`, 'set jit to off'],
    accepted: ['set statement_timeout to 30000', `set query_group to 'api'`, `set time zone 'UTC'`],
  },
  {
    name: 'merge-form',
    construct: 'merge into x as t …, with … merge …',
    why: "Redshift's MERGE takes no alias for its target and no WITH, and needs exactly two branches: matched and not matched.",
    source: 'guide, r_MERGE; sqlmesh#3607',
    find: nodes('MergeStmt', ({ relation, withClause, mergeWhenClauses }) => {
      const { alias } = relation as { alias?: unknown };
      const matches = (mergeWhenClauses as { MergeWhenClause: { matchKind: string } }[]).map(
        ({ MergeWhenClause: { matchKind } }) => matchKind,
      );
      const branches = matches.toSorted().join(' ');
      return (
        alias !== undefined ||
        withClause !== undefined ||
        branches !== 'MERGE_WHEN_MATCHED MERGE_WHEN_NOT_MATCHED_BY_TARGET'
      );
    }),
    refused: [
      'merge into x as t using y on t.a = y.a when matched then update set b = y.b when not matched then insert values (y.a, y.b)',
      'merge into x using y on x.a = y.a when matched then delete',
    ],
    accepted: [
      'merge into x using y on x.a = y.a when matched then update set b = y.b when not matched then insert values (y.a, y.b)',
    ],
  },
  {
    name: 'statement',
    construct: 'create extension, listen, do, discard, reindex, cluster …',
    why: 'Redshift or this linter does not know the statement. Rights, users and views over other databases belong in the Liquibase changelog.',
    source: 'guide, c_SQL_commands',
    find: ({ nodes: all }) =>
      all.filter(
        ({ kind, field }) => field === 'stmt' && !knownStatements.has(kind) && !ruled.has(kind) && !ownTypes.has(kind),
      ),
    refused: [
      'create extension postgres_fdw',
      'listen x',
      'do $$ begin end $$',
      'discard all',
      'cluster x',
      'copy x from stdin',
    ],
    accepted: ['explain select 1 as a', 'drop table x', 'create view x as select a from y'],
  },
];
