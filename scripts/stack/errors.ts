import { LocalError } from '../../local/errors.ts';

/** Something that a person has to mend: told without a stack trace. The message says what and how. */
export class StackError extends LocalError {
  override readonly name: string = 'StackError';
}
