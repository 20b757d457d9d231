import { padded } from '../../../src/db/warehouse/sql.ts';
import { nodes, type Rule } from '../rule.ts';
import { type Fields, maxBytes, type Node } from '../statement.ts';

const maxParameters = 32_767;

/** A list of `count` parameters. */
const parameters = (count: number, first = 1) =>
  Array.from({ length: count }, (_, index) => `$${index + first}`).join(', ');

/** A chain of `count` conditions of one shape. */
const alternatives = (count: number) =>
  Array.from({ length: count }, (_, index) => `(a = $${2 * index + 1} and b = $${2 * index + 2})`).join(' or ');

const isPadded = (count: number) => padded(new Array(count).fill(0)).length === count;

/** How large a statement may be, and how many shapes it may come in. */
export const limitRules: readonly Rule[] = [
  {
    name: 'statement-size',
    construct: 'a statement of more than 16 MB',
    why: 'Redshift refuses it. Send fewer values at once.',
    source: 'guide, r_SELECT_synopsis',
    // Such a statement is not read, so there is no place in it to point to.
    find: ({ bytes }) => (bytes > maxBytes ? [wholeText(bytes)] : []),
    refused: [() => `select '${'a'.repeat(maxBytes)}' as a`],
    accepted: [() => `select '${'a'.repeat(100_000)}' as a`],
  },
  {
    name: 'unreadable',
    construct: "what PostgreSQL's parser can't read",
    why: 'The guard cannot look into it: a typing error, or syntax of Redshift alone (distkey, qualify, top). Write what both know.',
    source: 'libpg-query',
    find: ({ fault, bytes }) => (fault === null ? [] : [wholeText(bytes)]),
    refused: ['select a from', 'select a from x qualify row_number() over (order by a) = 1', ''],
    accepted: ['select a from x'],
  },
  {
    name: 'parameter-count',
    construct: 'more than 32,767 parameters',
    why: "They do not fit Redshift's protocol. Send fewer values at once.",
    source: 'amazon-redshift-python-driver#165, #187',
    find: nodes('ParamRef', ({ number }) => Number(number) > maxParameters),
    refused: [() => `select a from x where b = $${maxParameters + 1}`],
    accepted: [() => `select a from x where b = $${maxParameters}`],
  },
  {
    name: 'list-size',
    construct: 'in ($1, $2, $3), or a chain of ORs, of a length that is not padded',
    why: 'Redshift compiles every new shape of a statement. Pad lists of values to the sizes of src/db/warehouse/sql.ts.',
    source: 'guide, c-query-performance: code compilation; padded() in src/db/warehouse/sql.ts',
    find: nodes(['A_Expr', 'BoolExpr'], (fields, node) =>
      listLengths(fields, node).some((length) => !isPadded(length)),
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
      `select a from x where ${alternatives(10)}`,
      'select a from x where a > $1 or (a = $2 and b > $3)',
    ],
  },
];

const wholeText = (end: number) => ({
  start: 0,
  end,
  text: '',
  tokenType: 0,
  tokenName: '',
  keywordKind: 0,
  keywordName: '',
});

/** How long the lists of parameters are that one node holds. */
function listLengths(fields: Fields, { kind }: Node): number[] {
  if (kind === 'A_Expr') {
    const { List } = (fields.rexpr ?? {}) as { List?: { items?: object[] } };
    return fields.kind === 'AEXPR_IN' && List?.items?.some(hasParameter) ? [List.items.length] : [];
  }
  if (fields.boolop !== 'OR_EXPR') return [];
  const arms = (fields.args as object[]).filter(hasParameter);
  return [...Map.groupBy(arms, shapeOf).values()].map((alike) => alike.length);
}

const hasParameter = (node: object): boolean => JSON.stringify(node).includes('"ParamRef"');

/** An expression without its parameters' numbers and its place in the text. */
function shapeOf(node: object): string {
  return JSON.stringify(node, (key, value) =>
    key === 'number' || key.includes('location') || key.startsWith('rexpr_list_') ? undefined : value,
  );
}
