import { type Fields, stringsOf } from './statement.ts';

/**
 * A function's name as the rules know it: without the schema that PostgreSQL's grammar puts before functions that are
 * spelled as syntax (`pg_catalog.btrim` is `trim(…)`); with any other schema, as those functions are somebody's own.
 */
export function functionName(call: Fields): string {
  const parts = stringsOf(call.funcname);
  return parts[0] === 'pg_catalog' ? parts.slice(1).join('.') : parts.join('.');
}

/**
 * The functions that a statement may call, each with the page of the guide that has it. To call another one, look its
 * page up and add it: that Redshift has a function of the name is not enough, its arguments and result must be those of
 * PostgreSQL too, or the difference needs a rule.
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
  ['like_escape', 'r_patternmatching_condition_like: what LIKE … ESCAPE is in the tree'],
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
  ['timezone', 'r_AT_TIME_ZONE: what AT TIME ZONE is in the tree'],
]);
