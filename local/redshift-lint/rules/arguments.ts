import { functionName } from '../functions.ts';
import { nodes, type Rule } from '../rule.ts';
import { type Fields, stringsOf } from '../statement.ts';

const inUtc = (call: Fields): boolean => {
  const [zone] = (call.args ?? []) as { A_Const?: { sval?: { sval?: string } } }[];
  return functionName(call) === 'timezone' && zone?.A_Const?.sval?.sval === 'UTC';
};

type Argument = { FuncCall?: Fields; TypeCast?: { typeName?: { names?: unknown } } } | undefined;

const isCastTo = (argument: Argument, types: readonly string[]): boolean =>
  types.includes(stringsOf(argument?.TypeCast?.typeName?.names).at(-1) ?? '');

/** Calls of functions that exist on Redshift but give other results there. */
export const argumentRules: readonly Rule[] = [
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
