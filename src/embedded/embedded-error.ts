/**
 * An embedded store can't be opened or filled, and a person has to do something about it.
 * The message says what and how; whoever starts the service prints it without a stack.
 */
export class EmbeddedStoreError extends Error {
  override readonly name: string = 'EmbeddedStoreError';
}

/** The text of anything thrown, for a sentence that quotes it. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of a Node file-system error (ENOENT, EACCES, ...), or null. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
