import { ApolloServer, type ApolloServerPlugin, type GraphQLResponse } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import fastifyApollo from '@as-integrations/fastify';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { HttpConfig } from './config/http.ts';
import type { RequestLimits } from './config/limits.ts';
import { type Context, createContext } from './context.ts';
import { watchBuilds } from './db/warehouse/build-watch.ts';
import type { Warehouse } from './db/warehouse/connect.ts';
import { newestBuild } from './db/warehouse/queries/builds.ts';
import type { FreshnessLimits } from './domain/freshness.ts';
import { DomainError, formatError, withoutSuggestion } from './errors.ts';
import { closeStalled, type HttpServers, httpServers } from './http/connections.ts';
import { checkHostAndOrigin } from './http/host-and-origin.ts';
import { servePage } from './http/page.ts';
import { answerBadRequest, answerClientError, answerInShape } from './http/refusals.ts';
import { answerText } from './limits/answer-size.ts';
import { checkCost } from './limits/cost.ts';
import { checkRootFields } from './limits/root-fields.ts';
import type { Pushing } from './push/index.ts';
import { buildApiSchema } from './resolvers/index.ts';

export interface ServerOptions {
  readonly warehouse: Warehouse;
  readonly push: Pushing;
  readonly logger: FastifyBaseLogger;
  readonly http: HttpConfig;
  readonly limits: RequestLimits;
  readonly staleAfterMinutes: FreshnessLimits;
  /** For how long a build counts as the newest without asking the warehouse again; 0 asks for every operation. */
  readonly buildCheckSeconds: number;
  /** The folder of the built GraphiQL page. */
  readonly pageFolder: string;
  readonly now: () => Date;
}

/** Far above what a person or a program writes, far below what stalls the parser. */
const maxTokens = 10_000;
const maxBodyBytes = 1024 * 1024;
/** How long requests under way may take once the server closes. */
const drainMilliseconds = 10_000;

/** Builds the HTTP server: GraphQL at `/graphql`, GraphiQL at `/graphiql/`. It does not listen yet. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { http, limits } = options;
  const servers = httpServers(http, options.logger);
  const app = Fastify({
    serverFactory: servers.serverFactory,
    loggerInstance: options.logger,
    bodyLimit: maxBodyBytes,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, _request, reply) => answerBadRequest(error, reply),
  });
  answerInShape(app);
  checkHostAndOrigin(app, http.allowedHosts);
  closeStalled(app, http);
  drainInOrder(app, servers);
  const schema = await buildApiSchema();
  const apollo = new ApolloServer<Context>({
    schema,
    plugins: [
      // Both would be on by default; the first wraps every field's resolver.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      operationPlugin(schema, limits, options.logger),
    ],
    introspection: limits.introspection,
    // Without introspection, suggestions would tell the schema name by name.
    hideSchemaDetailsFromClientErrors: !limits.introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    persistedQueries: false,
    parseOptions: { maxTokens },
    validationOptions: { maxErrors: 5 },
    maxRecursiveSelections: maxTokens,
    formatError: (formatted, error) =>
      formatError(limits.introspection ? formatted : withoutSuggestion(formatted), error, (errorId, cause) =>
        app.log.error({ errorId, err: cause }, 'request failed'),
      ),
    stringifyResult: (result) => answerText(result, limits.maxAnswerBytes),
    logger: options.logger,
  });
  await apollo.start();
  app.addHook('onClose', () => apollo.stop());

  const { warehouse, push, staleAfterMinutes, buildCheckSeconds, now } = options;
  const builds = watchBuilds({
    read: () => newestBuild(warehouse),
    maxAgeMilliseconds: buildCheckSeconds * 1000,
    clock: () => performance.now(),
    onNewBuild: (build) => app.log.info({ build: build.build_id, asOf: build.as_of }, 'a new build is served'),
  });
  await app.register(fastifyApollo(apollo), {
    path: '/graphql',
    context: async () => createContext({ warehouse, push, newestBuild: builds, staleAfterMinutes, now }),
  });
  await servePage(app, options.pageFolder);
  return app;
}

/**
 * When the server closes, idle connections are closed at once, and those with a request under way after its answer: a
 * client that keeps its connection alive would otherwise hold up the end for over a minute. What takes longer than the limit
 * is cut off.
 */
function drainInOrder(app: FastifyInstance, servers: HttpServers): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
    setTimeout(() => servers.closeAllConnections(), drainMilliseconds).unref();
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}

/**
 * What every operation goes through: one that can't or must not be answered is refused before it costs a statement, and
 * each answer tells which data it was made of.
 */
function operationPlugin(
  schema: GraphQLSchema,
  limits: RequestLimits,
  logger: FastifyBaseLogger,
): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, request, contextValue }) {
          if (!operation) return;
          if (!schema.getRootType(operation.operation)) {
            throw new DomainError(
              'OPERATION_RESOLUTION_FAILURE',
              `There is no ${operation.operation} in this API.`,
              400,
            );
          }
          checkRootFields(document, operation, limits.maxRootFields);
          checkCost(schema, document, operation, request.variables ?? {}, limits.maxCost);
          // Read before anything else, so that an answer never claims a newer build than the data it was made of.
          await contextValue.loaders
            .build()
            .catch((error) => logger.error({ err: error }, 'the build can not be read'));
        },
        async willSendResponse({ response, contextValue, operation }) {
          keepStatusOfWholeAnswers(response);
          // A refused operation was made of no data.
          if (!operation || response.body.kind !== 'single' || response.body.singleResult.data === undefined) return;
          const build = await contextValue.loaders.build().catch(() => null);
          const data = build && {
            build: build.build_id,
            asOf: build.as_of,
            mirrorRefreshedAt: build.mirror_refreshed_at,
            eventsLoadedThrough: build.events_loaded_through,
          };
          response.body.singleResult.extensions = { ...response.body.singleResult.extensions, data };
        },
      };
    },
  };
}

/**
 * A field that could not be read (503, 504) does not make a failure of an answer that has others: a client or a proxy
 * that looks at the status would throw them away.
 */
function keepStatusOfWholeAnswers({ body, http }: GraphQLResponse): void {
  if (body.kind !== 'single' || (http.status ?? 200) < 500) return;
  if (!Object.values(body.singleResult.data ?? {}).some((field) => field !== null)) return;
  http.status = 200;
  http.headers.delete('retry-after');
}
