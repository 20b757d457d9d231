import type { ApolloServerPlugin, GraphQLRequestContext } from '@apollo/server';
import type { FastifyInstance } from 'fastify';
import type { DocumentNode } from 'graphql';
import { etagOf, matches } from './etag.ts';
import { serviceVersion } from './service-version.ts';
import { addVary } from './vary.ts';

export interface ConditionalReadOptions<Context> {
  readonly isVolatile: (document: DocumentNode) => boolean;
  /** Identifies the data that the request reads; null: they can change without a new build, or are unknown. */
  readonly dataVersion: (context: Context) => Promise<string | null>;
  /** The settings that change answers. */
  readonly settings: unknown;
}

/** The header of all answers without a tag. */
export const notStored: ReadonlyMap<string, string> = new Map([['cache-control', 'no-store']]);

/**
 * Gives answers of GET requests an `ETag`, and answers `If-None-Match` with 304 before a field is resolved. An answer follows from
 * the document, its variables, the build, the code and the settings, unless the document has a volatile field. All other
 * answers are not to be stored.
 */
export function conditionalReads<Context extends object>(
  options: ConditionalReadOptions<Context>,
): ApolloServerPlugin<Context> {
  const { isVolatile, dataVersion, settings } = options;
  const version = serviceVersion();
  const tagOf = async (of: GraphQLRequestContext<Context>): Promise<string | null> => {
    const { request, document, source, contextValue } = of;
    if (request.http?.method !== 'GET' || !document || isVolatile(document)) return null;
    const data = await dataVersion(contextValue);
    if (data === null) return null;
    return etagOf(version, settings, data, source, request.operationName ?? null, request.variables ?? {});
  };
  return {
    async requestDidStart() {
      let tag: string | null = null;
      return {
        async responseForOperation(of) {
          tag = await tagOf(of);
          const { method = '', headers } = of.request.http ?? {};
          if (tag === null || !hasAnswer(method, headers?.get('if-none-match'), tag)) return null;
          of.response.http.status = 304;
          return { http: of.response.http, body: { kind: 'single', singleResult: {} } };
        },
        async willSendResponse({ response: { body, http } }) {
          const isWhole = body.kind === 'single' && !body.singleResult.errors?.length;
          if (tag !== null && isWhole) {
            http.headers.set('etag', tag);
            http.headers.set('cache-control', 'private, no-cache');
            return;
          }
          for (const [name, value] of notStored) http.headers.set(name, value);
        },
      };
    },
  };
}

/**
 * Whether the client of a request has the answer already, and gets 304.
 *
 * @param etag of the answer; undefined: it has none.
 */
export const hasAnswer = (method: string, ifNoneMatch: string | undefined, etag: string | undefined): boolean =>
  method === 'GET' && etag !== undefined && matches(ifNoneMatch, etag);

/** Completes the headers of conditional answers, and removes the body of a 304. To be called before compression is added. */
export function completeConditional(app: FastifyInstance): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    // The media type of an answer follows from it.
    if (reply.hasHeader('etag')) addVary(reply, 'accept');
    if (reply.statusCode !== 304) {
      done(null, payload);
      return;
    }
    reply.removeHeader('content-type');
    reply.removeHeader('content-length');
    done(null, null);
  });
}
