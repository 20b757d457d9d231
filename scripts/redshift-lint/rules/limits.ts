import { padded, paddedKeys } from '../../../src/db/warehouse/sql.ts';
import { anyOf, nodes, type Rule } from '../rule.ts';
import { type Fields, maxBytes } from '../statement.ts';

const maxParameters = 32_767;

/** `count` parameters, separated by commas. */
const parameters = (count: number, first = 1) =>
  Array.from({ length: count }, (_, index) => `$${index + first}`).join(', ');

/** `count` conditions of the same shape, joined by OR. */
const alternatives = (count: number) =>
  Array.from({ length: count }, (_, index) => `(a = $${2 * index + 1} and b = $${2 * index + 2})`).join(' or ');

type Pad = (values: readonly number[]) => number[];

const isPadded = (count: number, pad: Pad) => pad(new Array(count).fill(0)).length === count;

/** Limits on the size of a statement and on the number of its shapes. */
export const limitRules: readonly Rule[] = [
  {
    name: 'statement-size',
    construct: 'a statement of more than 16 MB',
    why: 'Redshift refuses it. Send fewer values per statement.',
    source: 'guide, r_SELECT_synopsis',
    find: ({ bytes }) => (bytes > maxBytes ? ['everywhere'] : []),
    refused: [() => `select '${'a'.repeat(maxBytes)}' as a`],
    accepted: [() => `select '${'a'.repeat(100_000)}' as a`],
  },
  {
    name: 'unreadable',
    construct: "a statement that PostgreSQL's parser rejects",
    why: 'The linter cannot check it: a syntax error, or syntax that only Redshift has (distkey, qualify, top). Use syntax that both have.',
    source: 'libpg-query',
    find: ({ fault }) => (fault === null ? [] : ['everywhere']),
    refused: ['select a from', 'select a from x qualify row_number() over (order by a) = 1', ''],
    accepted: ['select a from x'],
  },
  {
    name: 'parameter-count',
    construct: 'more than 32,767 parameters',
    why: "Redshift's protocol allows no more. Send fewer values per statement.",
    source: 'amazon-redshift-python-driver#165, #187',
    find: nodes('ParamRef', ({ number }) => Number(number) > maxParameters),
    refused: [() => `select a from x where b = $${maxParameters + 1}`],
    accepted: [() => `select a from x where b = $${maxParameters}`],
  },
  {
    name: 'list-size',
    construct: 'in ($1, $2, $3), or a chain of ORs, whose length is not padded',
    why: 'Redshift compiles every new shape of a statement. Pad lists of values to the sizes of src/db/warehouse/sql.ts.',
    source: 'guide, c-query-performance: code compilation; padded() in src/db/warehouse/sql.ts',
    find: anyOf(
      nodes('A_Expr', (fields) => !isPadded(listLength(fields), padded)),
      nodes('BoolExpr', (fields) => alternativesOf(fields).some((count) => !isPadded(count, paddedKeys))),
    ),
    refused: [
      `select a from x where b in (${parameters(3)})`,
      `select a from x where b not in (${parameters(99)})`,
      `select a from x where b in (${parameters(1001)})`,
      `select a from x where ${alternatives(2)}`,
      `select a from x where c = 1 or (${alternatives(11)})`,
    ],
    accepted: [
      `select a from x where b in (${parameters(10)}) and c in (${parameters(1, 11)}) and d in (1, 2, 3)`,
      `select a from x where b in (${parameters(2000)})`,
      `select a from x where (${alternatives(10)})`,
      `select a from x where ${alternatives(300)}`,
      'select a from x where a > $1 or (a = $2 and b > $3)',
    ],
  },
];

/** The length of an IN list with parameters; 0 for any other expression. */
function listLength({ kind, rexpr }: Fields): number {
  const { List } = (rexpr ?? {}) as { List?: { items?: object[] } };
  return kind === 'AEXPR_IN' && List?.items?.some(hasParameter) ? List.items.length : 0;
}

/** For an OR, the number of conditions with parameters per shape. */
function alternativesOf({ boolop, args }: Fields): number[] {
  const arms = boolop === 'OR_EXPR' ? (args as object[]).filter(hasParameter) : [];
  return [...Map.groupBy(arms, shapeOf).values()].map((alike) => alike.length);
}

const hasParameter = (node: object): boolean => JSON.stringify(node).includes('"ParamRef"');

/** An expression without the numbers of its parameters and its position in the text. */
function shapeOf(node: object): string {
  return JSON.stringify(node, (key, value) =>
    key === 'number' || key.includes('location') || key.startsWith('rexpr_list_') ? undefined : value,
  );
}
