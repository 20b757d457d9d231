import { isDay, isInstant } from '../domain/instant.ts';
import { TimeOutOfRange } from '../errors.ts';

/** The value of a field; graphql-js fails a field, and no other, whose value is an error. */
export type TimeValue = string | TimeOutOfRange;

/** The row that a time belongs to, for the error. */
interface Owner {
  readonly type: string;
  readonly id: string;
}

/** A time of a field that is not nullable. */
export const instantOrError = (text: string, row: Owner, column: string): TimeValue =>
  isInstant(text) ? text : new TimeOutOfRange(row, column, text);

/** The same for a day. */
export const dayOrError = (text: string, row: Owner, column: string): TimeValue =>
  isDay(text) ? text : new TimeOutOfRange(row, column, text);
