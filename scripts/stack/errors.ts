/** Something that a person has to mend: told without a stack trace. The message says what and how. */
export class StackError extends Error {
  override readonly name: string = 'StackError';
}

/** The text of anything thrown, for a sentence that quotes it. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of an error of Node (EADDRINUSE) or PostgreSQL (28P01), or null. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
