import { isDay, isStoredInstant } from '../domain/instant.ts';
import { TimeOutOfRange } from '../errors.ts';

/** The value of a field; graphql-js fails a field, and no other, whose value is an error. */
export type TimeValue = string | TimeOutOfRange;

/**
 * A stored time of a field that is not nullable.
 *
 * @param type the GraphQL type of the row.
 * @param id its id.
 */
export const instantOrError = (text: string, type: string, id: string, column: string): TimeValue =>
  isStoredInstant(text) ? text : new TimeOutOfRange({ type, id }, column, text);

/** The same for a day. */
export const dayOrError = (text: string, type: string, id: string, column: string): TimeValue =>
  isDay(text) ? text : new TimeOutOfRange({ type, id }, column, text);
