import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { dataVersionOf } from './answers/data-version.ts';
import type { ComputedAnswer } from './answers/reuse.ts';
import { checkAccess } from './auth/access-rules.ts';
import type { RequestLimits } from './config/limits.ts';
import type { Context } from './context.ts';
import { DomainError } from './errors.ts';
import type { CompiledOperations } from './execution/compiled-operations.ts';
import type { OperationChecks } from './execution/operation-checks.ts';
import { notStored } from './http/conditional-reads.ts';
import { ClientDisconnected } from './limits/request-errors.ts';
import { serializeForSending } from './limits/response-size.ts';
import { versionOfAnswer } from './operation-rules.ts';

type Values = Readonly<Record<string, unknown>>;

/** What a request asks for, as Apollo reads it. */
interface GraphqlParameters {
  readonly text: string;
  readonly operationName: string | undefined;
  readonly variables: Values;
}

/** Values of `Accept` whose answers' types are remembered. */
const rememberedTypes = 100;
const maxAcceptLength = 200;

/**
 * Answers operations that come again without Apollo's pipeline, which takes as long as a small operation itself. The pipeline
 * has accepted the document before, and a compiled function executes it; what depends on the caller or the variables is checked
 * each time. Only the usual good case is answered: everything else is left to Apollo, which also formats the errors.
 */
export class KnownOperations {
  readonly #limits: Pick<RequestLimits, 'maxCost' | 'maxAnswerBytes'>;
  readonly #compiled: CompiledOperations;
  /** The headers of a good answer by the `Accept` of its request: Apollo negotiates the type. */
  readonly #headers = new LRUCache<string, ComputedAnswer['headers']>({ max: rememberedTypes });

  constructor(limits: Pick<RequestLimits, 'maxCost' | 'maxAnswerBytes'>, compiled: CompiledOperations) {
    this.#limits = limits;
    this.#compiled = compiled;
  }

  /** Learns from an answer of Apollo of which type good answers are. One with a header that is not expected is not repeated. */
  learn(
    { method, headers: { accept = '' }, outcome }: FastifyRequest,
    { status = 200, headers }: ComputedAnswer,
  ): void {
    if (accept.length > maxAcceptLength || this.#headers.has(accept)) return;
    if (method !== 'POST' || status !== 200 || outcome?.code !== null) return;
    const expected = new Map([...notStored, ['content-type', headers.get('content-type')]]);
    const isExpected =
      headers.size === expected.size && [...headers].every(([name, value]) => expected.get(name) === value);
    if (isExpected) this.#headers.set(accept, new Map(headers));
  }

  /**
   * The answer; null: Apollo has to answer.
   *
   * @throws {ClientDisconnected} if the client has left.
   */
  async answer(request: FastifyRequest, contextOf: () => Context): Promise<ComputedAnswer | null> {
    const headers = this.#headers.get(request.headers.accept ?? '');
    const parameters = headers && readJsonPost(request);
    if (!parameters) return null;
    const { text, operationName, variables } = parameters;
    const known = this.#compiled.find(text, operationName);
    if (!known?.checks) return null;
    const { label, isVolatile } = known.checks;
    const context = contextOf();
    const coerced = this.#compiled.coerce(known, variables);
    if (!coerced || !this.#isAllowed(known.checks, context, coerced)) return null;
    const { outcome, answer, loaders } = context;
    outcome.operation = label;
    if (!isVolatile) answer.executes(label);
    const data = await this.#compiled.execute(known, context, variables);
    if (data === null) {
      const { reason } = context.request.signal;
      if (reason instanceof ClientDisconnected) throw reason;
      return null;
    }
    if (request.trustedDocument === null) this.#compiled.wasSent(text);
    const version = await versionOfAnswer(loaders);
    if (!isVolatile) answer.version = dataVersionOf(await loaders.buildOfAnswer().catch(() => null));
    return this.#serialize(version === null ? { data } : { data, extensions: { data: version } }, headers);
  }

  /** Whether the caller may execute the operation with these variables. If not, Apollo explains why. */
  #isAllowed({ access, cost }: OperationChecks, { caller }: Context, coerced: Values): boolean {
    try {
      checkAccess(access, caller);
      return cost(coerced) <= this.#limits.maxCost;
    } catch {
      return false;
    }
  }

  /** The same as Apollo's, also if the response is too large: it would have to execute the operation once more to find that. */
  #serialize(response: object, headers: ComputedAnswer['headers']): ComputedAnswer {
    try {
      return { headers, text: serializeForSending(response, this.#limits.maxAnswerBytes) };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const { message, extensions } = error;
      const { code, http } = extensions;
      const text = `${JSON.stringify({ errors: [{ message, extensions: { code } }] })}\n`;
      const others = [...headers].filter(([name]) => !notStored.has(name));
      return { status: http.status, headers: new Map(others), text };
    }
  }
}

/** JSON in UTF-8: no form of a web page can send it, so it needs no other header against request forgery. */
const plainJson = /^application\/json(; ?charset=utf-8)?$/i;

const isRecord = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads a POST whose members all have the types that Apollo requires; null: another request. */
function readJsonPost({ method, headers, body, trustedDocument }: FastifyRequest): GraphqlParameters | null {
  if (method !== 'POST' || !plainJson.test(headers['content-type'] ?? '') || !isRecord(body)) return null;
  const text = trustedDocument ?? body.query;
  const operationName = body.operationName ?? undefined;
  const variables = body.variables ?? {};
  if (typeof text !== 'string' || !isRecord(variables)) return null;
  if (operationName !== undefined && typeof operationName !== 'string') return null;
  // `persistedQuery` is the only one with a meaning.
  const extensions = body.extensions ?? {};
  if (!isRecord(extensions) || extensions.persistedQuery !== undefined) return null;
  return { text, operationName, variables };
}
