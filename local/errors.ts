/** A failure that the user can correct. Its message states the cause and the remedy; print it without a stack trace. */
export class LocalError extends Error {
  override readonly name: string = 'LocalError';
  /** Test runners print it too, and where the failure was noticed is of no use to the user. */
  override readonly stack: string;

  constructor(message: string) {
    super(message);
    this.stack = message;
  }
}

/** The message of anything thrown, to quote in a sentence. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of an error of Node (EADDRINUSE) or PostgreSQL (28P01), or null. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** For `.catch` in a script: prints a LocalError and exits with 1. Throws any other error again. */
export function exitWithReason(error: unknown): never {
  if (!(error instanceof LocalError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
