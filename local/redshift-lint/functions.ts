import { type Fields, stringsOf } from './statement.ts';

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
  ['like_escape', 'r_patternmatching_condition_like: LIKE … ESCAPE in the parse tree'],
  ['lower', 'r_LOWER'],
  ['split_part', 'SPLIT_PART'],
  ['to_char', 'r_TO_CHAR, r_FORMAT_strings'],
  ['upper', 'r_UPPER'],
  // Times
  ['date_trunc', 'r_DATE_TRUNC'],
  ['dateadd', 'r_DATEADD_function'],
  ['datediff', 'r_DATEDIFF_function'],
  ['extract', 'r_EXTRACT_function'],
  ['getdate', 'r_GETDATE'],
  ['timezone', 'r_AT_TIME_ZONE: AT TIME ZONE in the parse tree'],
]);
