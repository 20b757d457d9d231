import type { OperationResult } from '../http/graphql-outcome.ts';

/** What is found out about an answer while GraphQL computes it, for those who may share or keep it. */
export class AnswerInProgress {
  /** The name of the operation. Null until it executes, and if its answer follows from more than the request, rights and data. */
  operation: string | null = null;
  /** The version of the data that it has read; null: unknown, or none. */
  version: string | null = null;
  /** How it ended; null: without an error. */
  result: OperationResult | null = null;
  readonly #onStable: () => void;

  /** @param onStable called when an operation has passed all checks and begins to execute, if its answer may be shared. */
  constructor(onStable: () => void = () => {}) {
    this.#onStable = onStable;
  }

  executes(operation: string): void {
    this.operation = operation;
    this.#onStable();
  }
}
