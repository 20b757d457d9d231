import { nodes, type Rule } from '../rule.ts';
import type { Fields } from '../statement.ts';
import { functionName } from './functions.ts';

/** PostgreSQL's FRAMEOPTION bits (src/include/nodes/parsenodes.h). */
const frame = { isWritten: 0x1, range: 0x2, groups: 0x8, exclusion: 0x8000 | 0x10000 | 0x20000 };

/** Functions whose window has a frame: aggregates, and those that read the frame's first or last row. */
const framed = new Set([
  ...['avg', 'count', 'max', 'min', 'sum', 'stddev', 'stddev_samp', 'stddev_pop'],
  ...['variance', 'var_samp', 'var_pop', 'first_value', 'last_value', 'nth_value'],
]);

const source = 'guide, r_Window_function_synopsis';

function over(passes: (window: { bits: number; fields: Fields; call: Fields }) => boolean): Rule['find'] {
  return nodes('WindowDef', (fields, { parent }) =>
    parent?.kind === 'FuncCall' ? passes({ bits: Number(fields.frameOptions), fields, call: parent.fields }) : false,
  );
}

const isFramed = (call: Fields) => framed.has(functionName(call));

/** Window functions. The rule on named windows is in queries.ts. */
export const windowRules: readonly Rule[] = [
  {
    name: 'window-without-frame',
    construct: 'sum(…) over (order by …)',
    why: 'Redshift requires an explicit frame if an aggregate or first_value() has an ordered window: rows unbounded preceding.',
    source,
    find: over(
      ({ bits, fields, call }) => isFramed(call) && fields.orderClause !== undefined && (bits & frame.isWritten) === 0,
    ),
    refused: [
      'select sum(a) over (partition by b order by c) from x',
      'select count(*) over (order by c) from x',
      'select first_value(a) over (partition by b order by c) from x',
    ],
    accepted: [
      'select sum(a) over (partition by b order by c rows unbounded preceding) from x',
      'select sum(a) over (partition by b) from x',
      'select max(a) over (order by c rows between 1 preceding and current row) from x',
    ],
  },
  {
    name: 'window-frame-kind',
    construct: 'range …, groups …, exclude …',
    why: 'Redshift supports only ROWS frames. Write rows between … and ….',
    source,
    find: over(
      ({ bits }) => (bits & frame.isWritten) !== 0 && (bits & (frame.range | frame.groups | frame.exclusion)) !== 0,
    ),
    refused: [
      'select sum(a) over (order by b range unbounded preceding) from x',
      'select sum(a) over (order by b groups 1 preceding) from x',
      'select sum(a) over (order by b rows unbounded preceding exclude current row) from x',
    ],
    accepted: ['select sum(a) over (order by b rows between unbounded preceding and unbounded following) from x'],
  },
  {
    name: 'window-frame-on-ranking',
    construct: 'row_number() over (… rows …), lead(…) over (… rows …)',
    why: 'Redshift takes no frame with ranking functions, LEAD and LAG. Remove it; it has no effect in PostgreSQL either.',
    source: `${source}, r_WF_LEAD`,
    find: over(
      ({ bits, call }) =>
        !isFramed(call) &&
        (bits & frame.isWritten) !== 0 &&
        (bits & (frame.range | frame.groups | frame.exclusion)) === 0,
    ),
    refused: [
      'select row_number() over (order by a rows unbounded preceding) from x',
      'select lead(a) over (order by a rows between current row and 1 following) from x',
    ],
    accepted: ['select row_number() over (order by a), lead(a) over (order by a) from x'],
  },
  {
    name: 'lead-default',
    construct: 'lead(a, 1, default), lag(a, 1, default)',
    why: "Redshift's LEAD and LAG have no default. Write coalesce(lead(a, 1) over (…), default).",
    source: 'guide, r_WF_LEAD, r_WF_LAG',
    find: nodes(
      'FuncCall',
      (call) => ['lead', 'lag'].includes(functionName(call)) && ((call.args ?? []) as object[]).length > 2,
    ),
    refused: ['select lead(a, 1, 0) over (order by b) from x', 'select lag(a, 2, 0) over (order by b) from x'],
    accepted: ['select lead(a, 2) over (order by b) from x', 'select coalesce(lag(a) over (order by b), 0) from x'],
  },
  {
    name: 'window-constant',
    construct: "over (partition by 'a'), over (order by 1), over (order by $1)",
    why: 'Redshift takes no constants there. Remove the clause, or name a column.',
    source,
    find: nodes(['A_Const', 'ParamRef'], (_, { field, parent }) => {
      if (field === 'partitionClause') return parent?.kind === 'WindowDef';
      return parent?.kind === 'SortBy' && parent.field === 'orderClause' && parent.parent?.kind === 'WindowDef';
    }),
    refused: [
      'select row_number() over (order by 1) from x',
      `select row_number() over (partition by 'a' order by b) from x`,
      'select row_number() over (partition by $1 order by b) from x',
    ],
    accepted: ['select row_number() over (partition by a order by b) from x order by 1'],
  },
];
