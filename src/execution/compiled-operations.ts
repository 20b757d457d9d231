import { type DocumentNode, type GraphQLSchema, getVariableValues, type OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { DomainError } from '../errors.ts';
import { type CompiledFunction, compileOperation } from './compile.ts';

/** Size of all compiled operations, in fields of 7 kB. */
const maxSizeOfAll = 8_000;

/** Executions that are left to graphql-js after an answer with an error. Errors often come again, and cost two executions. */
const executionsAfterError = 100;

type Values = Readonly<Record<string, unknown>>;

/** What is known of an operation, whether or not it is compiled. */
interface OperationState {
  /** Executions that are left to graphql-js. */
  left: number;
  /** Whether it can't be compiled. */
  isRefused: boolean;
  /** Whether its function has returned an answer without errors. */
  hasSucceeded: boolean;
  /** The text of the document, if requests can find the operation by it. */
  text: string | null;
}

/** An operation of a document that is valid and within the limits that depend on the document only. */
export interface CompiledOperation extends Omit<CompiledFunction, 'execute'> {
  readonly state: OperationState;
  readonly function: CompiledFunction['execute'];
}

/** What an execution needs to know of its request. */
export interface ExecutionContext {
  readonly request: { readonly signal: AbortSignal };
  /** The text of the document, if the request names it by its id; else null. */
  readonly trustedDocument: string | null;
}

/** Operations that come again, as compiled functions. Those that were not used for longest make room for others. */
export class CompiledOperations {
  readonly #schema: GraphQLSchema;
  readonly #compileAfter: number;
  /** Apollo gives equal texts the same document, as long as it keeps it. */
  readonly #documents = new WeakMap<DocumentNode, Map<string | null, OperationState>>();
  readonly #compiled = new LRUCache<OperationState, CompiledOperation>({
    maxSize: maxSizeOfAll,
    sizeCalculation: ({ size }) => size,
    dispose: (_, state) => this.#forget(state),
  });
  /** Requests for which a compiled function has failed. */
  readonly #failed = new WeakSet<ExecutionContext['request']>();
  /** By the text of the document, and the name in the request, which may be missing. */
  readonly #texts = new Map<string, Map<string | undefined, OperationState>>();
  /** Those of them that clients have sent, so that they have passed the limits of documents. */
  readonly #sent = new Set<string>();

  /** @param compileAfter how often an operation is executed before it is compiled. */
  constructor(schema: GraphQLSchema, compileAfter: number) {
    this.#schema = schema;
    this.#compileAfter = compileAfter;
  }

  /** An operation that is about to be executed; null: it is left to graphql-js. */
  executed(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    { request }: Pick<ExecutionContext, 'request'>,
  ): CompiledOperation | null {
    if (this.#failed.has(request)) return null;
    const state = this.#stateOf(document, operation);
    if (state.left > 0) {
      state.left -= 1;
      return null;
    }
    const found = this.#compiled.get(state);
    if (found || state.isRefused) return found ?? null;
    const compiled = compileOperation(this.#schema, document, operation);
    if (!compiled) {
      state.isRefused = true;
      return null;
    }
    const { execute, ...others } = compiled;
    const known: CompiledOperation = { ...others, state, function: execute };
    this.#compiled.set(state, known);
    return known;
  }

  /** Coerces variables; null: graphql-js refuses them. Compiled functions read variables by rules of their own. */
  coerce({ variableDefinitions }: CompiledOperation, variables: Values): Values | null {
    return getVariableValues(this.#schema, variableDefinitions, variables, { maxErrors: 1 }).coerced ?? null;
  }

  /**
   * Executes an operation with variables that can be coerced.
   *
   * @returns its data; null if it has failed. Then graphql-js has to execute it, and for some time also for other requests.
   */
  async execute(
    operation: CompiledOperation,
    context: Pick<ExecutionContext, 'request'>,
    variables: Values,
  ): Promise<Values | null> {
    const { state } = operation;
    const { request } = context;
    let errors: readonly { readonly originalError?: unknown }[] | undefined;
    try {
      const result = await operation.function(undefined, context, variables);
      errors = result.errors;
      if (!errors?.length && result.data) {
        state.hasSucceeded = true;
        return result.data;
      }
    } catch {
      // A fault of the compiler, which graphql-js does not have.
    }
    this.#failed.add(request);
    // What follows from the end of a request, or from its input, does not come again for others.
    const isOfRequest = request.signal.aborted || (state.hasSucceeded && errors?.every(isOfInput));
    if (!isOfRequest) state.left = executionsAfterError;
    return null;
  }

  /**
   * Lets requests find an operation by the text of its document.
   *
   * @param text must own its memory, and not be a part of a longer one.
   * @param name of the operation in the request.
   */
  remember({ state }: CompiledOperation, text: string, name: string | undefined): void {
    // It may have made room for others during its execution.
    if (!this.#compiled.has(state)) return;
    state.text = text;
    const ofText = this.#texts.get(text) ?? new Map<string | undefined, OperationState>();
    this.#texts.set(text, ofText.set(name, state));
  }

  /** What `remember` got, as long as it is compiled. */
  find(text: string, name: string | undefined): CompiledOperation | null {
    const state = this.#texts.get(text)?.get(name);
    return state?.left === 0 ? (this.#compiled.get(state) ?? null) : null;
  }

  /** Notes that a client has sent this text, and not only named a trusted document, which has no limits. */
  wasSent(text: string): void {
    if (this.#texts.has(text)) this.#sent.add(text);
  }

  /** Whether an operation can be found by this text, and the text has passed the limits of documents. */
  hasPassed(text: string): boolean {
    return this.#sent.has(text);
  }

  #stateOf(document: DocumentNode, operation: OperationDefinitionNode): OperationState {
    const ofDocument = this.#documents.get(document) ?? new Map<string | null, OperationState>();
    this.#documents.set(document, ofDocument);
    const name = operation.name?.value ?? null;
    const found = ofDocument.get(name);
    if (found) return found;
    const state: OperationState = { left: this.#compileAfter, isRefused: false, hasSucceeded: false, text: null };
    ofDocument.set(name, state);
    return state;
  }

  /** Another document with the same text may have taken its place. */
  #forget(state: OperationState): void {
    const { text } = state;
    const ofText = text === null ? undefined : this.#texts.get(text);
    state.text = null;
    if (text === null || !ofText) return;
    for (const [name, each] of ofText) if (each === state) ofText.delete(name);
    if (ofText.size > 0) return;
    this.#texts.delete(text);
    this.#sent.delete(text);
  }
}

/** Whether an error follows from the variables, as for a page size that is too large. */
const isOfInput = ({ originalError }: { readonly originalError?: unknown }): boolean =>
  originalError instanceof DomainError && originalError.extensions.http.status === 400;
