import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { BuildWatch } from '../db/warehouse/build-watch.ts';
import { DomainError } from '../errors.ts';
import { type Encoding, encodingFor } from '../http/compression.ts';
import { hasAnswer } from '../http/conditional-reads.ts';
import { refuseOtherMethods } from '../http/methods.ts';
import { AnswerInProgress } from './answer-in-progress.ts';
import type { KeptAnswer } from './kept-answers.ts';
import { keepBodyText, requestKey } from './request-key.ts';
import type { AnswerReuse, Computation, ComputedAnswer } from './reuse.ts';

export interface GraphqlRouteOptions {
  readonly path: string;
  readonly builds: BuildWatch;
  /** Null: each answer is computed. */
  readonly reuse: AnswerReuse | null;
  /** Computes an answer. */
  readonly execute: (request: FastifyRequest, computation: Computation) => Promise<ComputedAnswer>;
}

/** Serves GraphQL requests that have passed the checks of HTTP. Equal ones may get the same answer, see `AnswerReuse`. */
export function serveGraphql(app: FastifyInstance, { path, builds, reuse, execute }: GraphqlRouteOptions): void {
  keepBodyText(app);
  app.route({
    method: ['GET', 'POST'],
    url: path,
    // Apollo refuses HEAD, in some cases with 400.
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const { signal } = progressOf(request);
      const compute = (computation: Computation) => execute(request, computation);
      const key = reuse && requestKey(request);
      if (!reuse || key === null) {
        const answer = await compute({ signal, notes: new AnswerInProgress(), builds });
        return sendComputed(reply, answer);
      }
      const { outcome } = request;
      const onJoin = (operation: string) => {
        if (outcome) outcome.operation = operation;
      };
      const answer = await reuse.answer({ key, signal, compute, onJoin }).catch((error: unknown) => {
        // The operation was not refused: it executes for others.
        if (signal.aborted && outcome && error instanceof DomainError) outcome.code = error.extensions.code;
        throw error;
      });
      if (answer.from === 'kept')
        return sendKept(request, reply, answer.kept, (encoding) => reuse.kept.encoded(key, answer.kept, encoding));
      if (answer.from === 'shared') {
        const { operation, result } = answer.notes;
        Object.assign(outcome ?? {}, { operation }, result);
        if (isKnown(request, answer.computed.headers)) return sendComputed(reply, { ...answer.computed, status: 304 });
      }
      return sendComputed(reply, answer.computed);
    },
  });
  refuseOtherMethods(app, path);
}

/** The progress of a request with an operation. */
export function progressOf({ progress }: FastifyRequest): NonNullable<FastifyRequest['progress']> {
  if (!progress) throw new Error('a request whose progress is not tracked reached GraphQL');
  return progress;
}

function sendComputed(reply: FastifyReply, { status = 200, headers, text }: ComputedAnswer): FastifyReply {
  return reply.code(status).headers(Object.fromEntries(headers)).send(text);
}

async function sendKept(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: KeptAnswer,
  encoded: (encoding: Encoding) => Promise<Buffer>,
): Promise<FastifyReply> {
  if (request.outcome) request.outcome.operation = answer.operation;
  reply.headers(Object.fromEntries(answer.headers));
  if (isKnown(request, answer.headers)) return reply.code(304).send(answer.bytes);
  const encoding = encodingFor(request, answer.bytes.length);
  if (encoding === null) return reply.send(answer.bytes);
  return reply.header('content-encoding', encoding).send(await encoded(encoding));
}

const isKnown = ({ method, headers }: FastifyRequest, answer: ReadonlyMap<string, string>): boolean =>
  hasAnswer(method, headers['if-none-match'], answer.get('etag'));
