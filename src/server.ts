import { ApolloServer, type ApolloServerPlugin, type GraphQLResponse } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import fastifyApollo from '@as-integrations/fastify';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { type GraphQLSchema, printSchema } from 'graphql';
import { checkAccess } from './auth/access-rules.ts';
import { type AuditLog, auditMutations, auditRefusal, openAuditLog } from './auth/audit.ts';
import type { Credentials } from './auth/authenticate.ts';
import { authenticateRequests, withoutSecrets } from './auth/http.ts';
import type { HttpConfig } from './config/http.ts';
import { drainMilliseconds, maxRequestBytes, maxRequestTokens, type RequestLimits } from './config/limits.ts';
import { type Context, createContext } from './context.ts';
import type { LedgerReads, LedgerStatus } from './db/ledger/connect.ts';
import { watchBuilds } from './db/warehouse/build-watch.ts';
import type { Warehouse } from './db/warehouse/connect.ts';
import { buildTimes, newestBuild, tablesOf } from './db/warehouse/queries/builds.ts';
import type { FreshnessLimits } from './domain/freshness.ts';
import { instantOrNull } from './domain/instant.ts';
import { DomainError, formatError, withoutSuggestion } from './errors.ts';
import { compressResponses } from './http/compression.ts';
import { completeConditional, conditionalReads } from './http/conditional-reads.ts';
import { closeStalled, createHttpServers, type HttpServers } from './http/connection-limits.ts';
import { allowOrigins } from './http/cors.ts';
import { formatErrorResponses, handleClientError, sendBadRequest } from './http/error-responses.ts';
import { serveGraphiql } from './http/graphiql-page.ts';
import { recordOutcomes } from './http/graphql-outcome.ts';
import { checkHostAndOrigin } from './http/host-and-origin.ts';
import { currentRequestId, requestIdOf, returnRequestIds } from './http/request-id.ts';
import { observeRequests } from './http/request-outcome.ts';
import { serveSchema } from './http/schema-download.ts';
import { serveSignals } from './http/signals.ts';
import { checkCost } from './limits/operation-cost.ts';
import { serializeResponse } from './limits/response-size.ts';
import { checkRootFields } from './limits/root-fields.ts';
import type { OpenPushing, Pushing } from './push/index.ts';
import { buildApiSchema } from './resolvers/index.ts';
import { watchStatus } from './telemetry/status.ts';
import type { Telemetry } from './telemetry/telemetry.ts';

export interface ServerOptions {
  readonly warehouse: Warehouse;
  readonly push: Pick<OpenPushing, keyof Pushing | 'breaker'>;
  readonly ledger: LedgerReads;
  readonly ledgerStatus: LedgerStatus;
  readonly telemetry: Telemetry;
  /** How often probes and Prometheus may let the stores be checked. */
  readonly readyCheckSeconds: number;
  readonly logger: FastifyBaseLogger;
  readonly http: HttpConfig;
  /** How callers are authenticated; null: not at all, and everyone is an operator. */
  readonly credentials: Credentials | null;
  readonly limits: RequestLimits;
  readonly staleAfterMinutes: FreshnessLimits;
  /** Seconds until the newest build is looked up again; 0 looks it up for every operation. */
  readonly buildCheckSeconds: number;
  /** Folder of the built GraphiQL page. */
  readonly pageFolder: string;
  readonly now: () => Date;
}

/** Creates the HTTP server: GraphQL at `/graphql`, GraphiQL at `/graphiql/`. The caller makes it listen. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { http, limits, credentials, telemetry } = options;
  const servers = createHttpServers(http, options.logger);
  const app = Fastify({
    serverFactory: servers.serverFactory,
    loggerInstance: withoutSecrets(options.logger),
    genReqId: requestIdOf,
    trustProxy: http.trustedProxies.length > 0 && [...http.trustedProxies],
    bodyLimit: maxRequestBytes,
    forceCloseConnections: 'idle',
    clientErrorHandler: handleClientError,
    frameworkErrors: (error, _request, reply) => sendBadRequest(error, reply),
  });
  formatErrorResponses(app);
  observeRequests(app, telemetry);
  returnRequestIds(app);
  checkHostAndOrigin(app, http);
  await allowOrigins(app, http.corsOrigins);
  authenticateRequests(app, credentials);
  closeStalled(app, http);
  drainConnections(app, servers, telemetry);
  completeConditional(app);
  await compressResponses(app);
  const schema = await buildApiSchema();
  const audit = openAuditLog(options.logger, credentials !== null);
  auditMutations(schema, audit);
  const apollo = new ApolloServer<Context>({
    schema,
    plugins: [
      // Both plugins are on by default; cache control would wrap every resolver.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      recordOutcomes,
      operationPlugin(schema, limits, options.logger, audit),
      conditionalReads<Context>({
        schema,
        dataVersion: async ({ loaders }) => {
          const build = await loaders.build().catch(() => null);
          // Tables that the build shares with the next one change before that one is served.
          return build && tablesOf(build) !== null ? `${build.build_id} ${tablesOf(build)}` : null;
        },
        settings: [options.staleAfterMinutes, limits.introspection],
      }),
    ],
    introspection: limits.introspection,
    // Suggestions would reveal the names of a schema that introspection hides.
    hideSchemaDetailsFromClientErrors: !limits.introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    persistedQueries: false,
    parseOptions: { maxTokens: maxRequestTokens },
    validationOptions: { maxErrors: 5 },
    maxRecursiveSelections: maxRequestTokens,
    formatError: (formatted, error) =>
      formatError(limits.introspection ? formatted : withoutSuggestion(formatted), error, currentRequestId(), (cause) =>
        app.log.error({ reqId: currentRequestId(), err: cause }, 'request failed'),
      ),
    stringifyResult: (result) => serializeResponse(result, limits.maxAnswerBytes),
    logger: options.logger,
  });
  await apollo.start();
  app.addHook('onClose', () => apollo.stop());

  const { warehouse, push, ledger, staleAfterMinutes, buildCheckSeconds, now } = options;
  const builds = watchBuilds({
    read: () => newestBuild(warehouse),
    maxAgeMilliseconds: buildCheckSeconds * 1000,
    clock: () => performance.now(),
    onNewBuild: (build) => app.log.info({ build: build.build_id, asOf: build.as_of }, 'serving a new build'),
  });
  await app.register(fastifyApollo(apollo), {
    path: '/graphql',
    context: async ({ caller, id: requestId, outcome }) => {
      if (!caller || !outcome) throw new Error('a request without a caller reached GraphQL');
      return createContext({ caller, requestId, outcome, warehouse, push, ledger, builds, staleAfterMinutes, now });
    },
  });
  serveSchema(app, `${printSchema(schema)}\n`, () => limits.introspection);
  const status = watchStatus({
    telemetry,
    warehouse: {
      newestBuild: async () => {
        const build = await builds.newest();
        return build && buildTimes(build);
      },
      pools: () => warehouse.pools(),
    },
    ledger: options.ledgerStatus,
    breaker: () => push.breaker(),
    everyMilliseconds: options.readyCheckSeconds * 1000,
    staleAfterMinutes,
    now,
    onChange: (store, isUp) => {
      if (isUp) app.log.info({ store }, 'a store is available');
      else app.log.warn({ store }, 'a store is unavailable: the service is not ready');
    },
  });
  serveSignals(app, status);
  await serveGraphiql(app, options.pageFolder);
  return app;
}

/**
 * On shutdown, closes each connection after its current response, so that keep-alive connections do not delay the exit
 * for over a minute. Closes the rest after `drainMilliseconds`.
 */
function drainConnections(app: FastifyInstance, servers: HttpServers, telemetry: Telemetry): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
    setTimeout(() => servers.closeAllConnections(), drainMilliseconds).unref();
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing || telemetry.isDraining) reply.header('connection', 'close');
  });
}

/**
 * Checks each operation against the caller's role and the limits before it runs a statement, and adds the version of the data to each response
 * (`extensions.data`).
 */
function operationPlugin(
  schema: GraphQLSchema,
  limits: RequestLimits,
  logger: FastifyBaseLogger,
  audit: AuditLog,
): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, request, contextValue }) {
          if (!operation) return;
          if (!schema.getRootType(operation.operation)) {
            throw new DomainError('OPERATION_RESOLUTION_FAILURE', `This API has no ${operation.operation}s.`, 400);
          }
          checkAccess(schema, document, operation, contextValue.caller);
          checkRootFields(document, operation, limits.maxRootFields);
          checkCost(schema, document, operation, request.variables ?? {}, limits.maxCost);
          // Read once: all data of the response are of this build, which the response names.
          await contextValue.loaders
            .build()
            .catch((error) => logger.error({ err: error }, 'cannot read the newest build'));
        },
        async willSendResponse({ response, contextValue, operation, document }) {
          auditRefusal(audit, contextValue, document, operation, response.body);
          keepStatusOfPartialResponses(response);
          // A rejected operation has read no data.
          if (!operation || response.body.kind !== 'single' || response.body.singleResult.data === undefined) return;
          const build = await contextValue.loaders.build().catch(() => null);
          const data = build && {
            build: build.build_id,
            asOf: instantOrNull(build.as_of),
            mirrorRefreshedAt: instantOrNull(build.mirror_refreshed_at),
            eventsLoadedThrough: instantOrNull(build.events_loaded_through),
          };
          response.body.singleResult.extensions = { ...response.body.singleResult.extensions, data };
        },
      };
    },
  };
}

/**
 * Responds with 200 if some fields have data, whatever the status of the others' errors: clients and proxies discard the body
 * of a failed response. An operation that failed before its execution has no data and keeps its status.
 */
function keepStatusOfPartialResponses({ body, http }: GraphQLResponse): void {
  if (body.kind !== 'single') return;
  if (!Object.values(body.singleResult.data ?? {}).some((field) => field !== null)) return;
  http.status = 200;
  // It belongs to the field that failed.
  http.headers.delete('retry-after');
}
