import type { Rule } from '../rule.ts';
import { ancestorsOf, type Node } from '../statement.ts';
import { isJsonOrXml } from './functions.ts';

/** The nodes that PostgreSQL's tree is made of where Redshift has the same construct. */
const known = new Set([
  // Queries
  ...['SelectStmt', 'ResTarget', 'RangeVar', 'RangeSubselect', 'JoinExpr', 'Alias', 'SortBy', 'GroupingSet', 'List'],
  ...['WithClause', 'CommonTableExpr', 'IntoClause', 'WindowDef'],
  // Expressions
  ...['A_Const', 'A_Expr', 'A_Star', 'BoolExpr', 'BooleanTest', 'CaseExpr', 'CaseWhen', 'CoalesceExpr', 'ColumnRef'],
  ...['FuncCall', 'GroupingFunc', 'MinMaxExpr', 'NullTest', 'ParamRef', 'SetToDefault', 'SQLValueFunction', 'String'],
  ...['SubLink', 'TypeCast', 'TypeName', 'Integer', 'Float', 'Boolean'],
  // Other statements
  ...['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'MergeWhenClause', 'TruncateStmt', 'LockStmt'],
  ...[
    'TransactionStmt',
    'VariableSetStmt',
    'VariableShowStmt',
    'DefElem',
    'ExplainStmt',
    'VacuumStmt',
    'VacuumRelation',
  ],
  ...['CallStmt', 'CreateStmt', 'ColumnDef', 'Constraint', 'CreateTableAsStmt', 'CreateSchemaStmt', 'ViewStmt'],
  ...['DropStmt', 'CommentStmt'],
]);

/** Kinds that another rule refuses, with all below them. */
const refused = new Set([
  ...[
    'A_ArrayExpr',
    'A_Indirection',
    'CollateClause',
    'LockingClause',
    'MultiAssignRef',
    'OnConflictClause',
    'RangeFunction',
  ],
  ...['RangeTableSample', 'ReturningClause', 'RowExpr', 'PartitionSpec', '?partspec'],
]);

/** The net below all other rules. */
export const unknownConstruct: Rule = {
  name: 'unknown-construct',
  construct: 'what the guard does not know',
  why: 'Nobody has looked up whether Redshift has it. Look, and add the node to the known ones, or write a rule.',
  source: "scripts/redshift-guard/rules/unknown.ts, made from the guide's syntax",
  find: ({ nodes }) =>
    nodes.filter((node) => isUnknown(node) && !isRefused(node) && !ancestorsOf(node).some(isUnknown)),
  refused: ['delete from x where current of c', 'select lower(a => b) from x'],
  accepted: [
    `select case when a is null then 1 else coalesce(b, 2) end, greatest(a, b), nullif(a, 0), a is true, grouping(a)
     from x group by grouping sets ((a), ())`,
    'select a into y from x',
    'select a, b from x natural join y order by 1, 2 limit 10 offset 5',
  ],
};

function isUnknown({ kind }: Node): boolean {
  return !known.has(kind);
}

/** Whether another rule refuses the node, or the whole statement. */
function isRefused({ kind, field }: Node): boolean {
  return field === 'stmt' || refused.has(kind) || isJsonOrXml(kind);
}
