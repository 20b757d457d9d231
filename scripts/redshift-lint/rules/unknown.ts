import type { Rule } from '../rule.ts';
import { ancestorsOf, type Node } from '../statement.ts';
import { isJsonOrXml } from './functions.ts';

/** Nodes of PostgreSQL's parse tree whose construct Redshift has too. */
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

/** Kinds that another rule refuses, including their descendants. */
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

/** Refuses every construct that is neither known nor covered by another rule. */
export const unknownConstruct: Rule = {
  name: 'unknown-construct',
  construct: 'a construct that this linter does not know',
  why: 'It is unknown whether Redshift supports it. Check the guide, then add the node to the known ones or write a rule.',
  source: "scripts/redshift-lint/rules/unknown.ts, based on the guide's syntax",
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
