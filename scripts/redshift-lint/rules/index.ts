import type { Rule } from '../rule.ts';
import { expressionRules } from './expressions.ts';
import { functionRules } from './functions.ts';
import { limitRules } from './limits.ts';
import { nameRules } from './names.ts';
import { queryRules } from './queries.ts';
import { statementRules } from './statements.ts';
import { subqueryRules } from './subqueries.ts';
import { typeRules } from './types.ts';
import { unknownConstruct } from './unknown.ts';
import { windowRules } from './windows.ts';

/** All rules of the linter. */
export const rules: readonly Rule[] = [
  ...queryRules,
  ...expressionRules,
  ...functionRules,
  ...windowRules,
  ...subqueryRules,
  ...typeRules,
  ...nameRules,
  ...statementRules,
  ...limitRules,
  unknownConstruct,
];
