/**
 * An embedded store can't be opened or filled, and the operator has to act. The message contains the cause and the
 * remedy; the caller prints it without a stack trace.
 */
export class EmbeddedStoreError extends Error {
  override readonly name: string = 'EmbeddedStoreError';
}

/** The message of anything thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of a Node file-system error (ENOENT, EACCES, ...), or null. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
