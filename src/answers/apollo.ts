import { type ApolloServer, type BaseContext, HeaderMap, type HTTPGraphQLRequest } from '@apollo/server';
import type { FastifyRequest } from 'fastify';
import type { ComputedAnswer } from './reuse.ts';

/** Lets Apollo answer a request. */
export async function answerByApollo<Context extends BaseContext>(
  server: ApolloServer<Context>,
  request: FastifyRequest,
  context: () => Context,
): Promise<ComputedAnswer> {
  const httpGraphQLRequest = toGraphql(request);
  const { body, ...head } = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest,
    context: async () => context(),
  });
  // Only @defer and @stream, which the schema does not have.
  if (body.kind !== 'complete') throw new Error('an answer in parts');
  return { ...head, text: body.string };
}

/** A request as Apollo reads it. */
function toGraphql({ method, url, headers, body }: FastifyRequest): HTTPGraphQLRequest {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) if (value) map.set(name, [value].flat().join(', '));
  return { method: method.toUpperCase(), headers: map, body, search: new URL(url, 'http://localhost').search };
}
