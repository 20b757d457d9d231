import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { HttpConfig } from '../config/http.ts';
import type { DocumentLimits, RequestLimits } from '../config/limits.ts';
import { checkDocument } from '../limits/document-limits.ts';
import { ClientDisconnected, ServiceStopping } from '../limits/request-errors.ts';
import { type RequestInProgress, RequestsInProgress } from '../limits/request-in-progress.ts';
import { hasOperation } from './operation-routes.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null for requests that read no store. */
    progress: RequestInProgress | null;
  }
}

/** How long before the end of a drain requests are cancelled, so that they can still be answered. */
const answerMilliseconds = 1_000;

/**
 * Rejects documents that are too large to parse, see `checkDocument`.
 *
 * @param hasPassed whether a document is known to be small enough.
 */
export function limitDocuments(
  app: FastifyInstance,
  limits: DocumentLimits,
  hasPassed: (document: string) => boolean,
): void {
  app.addHook('preHandler', ({ routeOptions, method, body, url }, _reply, done) => {
    if (hasOperation(routeOptions.url)) {
      const document =
        method === 'GET' ? queryOf(url) : (body as { readonly query?: unknown } | null | undefined)?.query;
      if (typeof document === 'string' && !hasPassed(document)) checkDocument(document, limits);
    }
    done();
  });
}

/** Decoded as Apollo does it: Fastify leaves a parameter with an invalid escape as it is. */
const queryOf = (url: string): string | null => new URL(url, 'http://localhost').searchParams.get('query');

/**
 * Limits how many requests with an operation execute at the same time, and ends their work when their client disconnects, they take too
 * long, or the service stops. Other requests, like those of probes, are always answered.
 */
export function trackRequests(
  app: FastifyInstance,
  limits: RequestLimits,
  { drainSeconds }: Pick<HttpConfig, 'drainSeconds'>,
): RequestsInProgress {
  const requests = new RequestsInProgress(limits);
  app.decorateRequest('progress', null);
  // The body has arrived: a slow one holds no place.
  app.addHook('preHandler', (request, { raw }, done) => {
    if (hasOperation(request.routeOptions.url)) begin(request, raw);
    done();
  });
  const begin = (request: FastifyRequest, raw: ServerResponse) => {
    // During an earlier hook, like the fetch of the keys of tokens: its `close` would not come again to free the place.
    if (raw.closed) throw new ClientDisconnected();
    const { request: progress, end } = requests.begin();
    request.progress = progress;
    raw.once('close', () => {
      if (!raw.writableFinished && request.outcome?.isCut !== true)
        request.log.info('the client disconnected before the response');
      end(raw.writableFinished ? 'answered' : 'disconnected');
    });
  };
  app.addHook('preClose', async () => {
    const end = () => requests.abortAll(new ServiceStopping());
    setTimeout(end, drainSeconds * 1000 - answerMilliseconds).unref();
  });
  return requests;
}
