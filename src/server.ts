import { randomUUID } from 'node:crypto';
import { ApolloServer, type ApolloServerPlugin, type GraphQLResponse } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import fastifyApollo from '@as-integrations/fastify';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import { checkAccess } from './auth/access-rules.ts';
import { type AuditLog, auditMutations, auditRefusal, openAuditLog } from './auth/audit.ts';
import type { Credentials } from './auth/authenticate.ts';
import { authenticateRequests, withoutSecrets } from './auth/http.ts';
import { hideSuggestions } from './auth/schema-visibility.ts';
import type { HttpConfig } from './config/http.ts';
import { maxRequestBytes, type RequestLimits } from './config/limits.ts';
import { type Context, createContext } from './context.ts';
import type { LedgerReads } from './db/ledger/connect.ts';
import { watchBuilds } from './db/warehouse/build-watch.ts';
import type { Warehouse } from './db/warehouse/connect.ts';
import { newestBuild } from './db/warehouse/queries/builds.ts';
import type { DocumentStore } from './documents/document-store.ts';
import { executeTrustedDocument } from './documents/plugin.ts';
import { findTrustedDocuments } from './documents/requests.ts';
import type { FreshnessLimits } from './domain/freshness.ts';
import { instantOrNull } from './domain/instant.ts';
import { DomainError, formatError } from './errors.ts';
import { closeStalled, createHttpServers, type HttpServers } from './http/connection-limits.ts';
import { checkContentType } from './http/content-type.ts';
import { formatErrorResponses, handleClientError, sendBadRequest } from './http/error-responses.ts';
import { serveGraphiql } from './http/graphiql-page.ts';
import { checkHostAndOrigin } from './http/host-and-origin.ts';
import { limitRate } from './http/rate-limit.ts';
import { limitDocuments, trackRequests } from './http/request-progress.ts';
import { costOfField } from './limits/field-costs.ts';
import { checkCost } from './limits/operation-cost.ts';
import { checkOperation } from './limits/operation-size.ts';
import { serializeResponse } from './limits/response-size.ts';
import type { OpenPushing } from './push/index.ts';
import { buildApiSchema } from './resolvers/index.ts';

export interface ServerOptions {
  readonly warehouse: Warehouse;
  readonly push: Pick<OpenPushing, 'within'>;
  readonly ledger: LedgerReads;
  readonly logger: FastifyBaseLogger;
  readonly http: HttpConfig;
  /** How callers are authenticated; null: not at all, and everyone is an operator. */
  readonly credentials: Credentials | null;
  /** Documents that requests may name by their ids; null: none. */
  readonly documents: Pick<DocumentStore, 'find'> | null;
  readonly limits: RequestLimits;
  readonly staleAfterMinutes: FreshnessLimits;
  /** Seconds until the newest build is looked up again; 0 looks it up for every operation. */
  readonly buildCheckSeconds: number;
  /** Folder of the built GraphiQL page. */
  readonly pageFolder: string;
  readonly now: () => Date;
}

const graphqlPath = '/graphql';

/** Creates the HTTP server: GraphQL at `/graphql`, GraphiQL at `/graphiql/`. The caller makes it listen. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { http, limits, credentials } = options;
  const servers = createHttpServers(http, options.logger);
  const app = Fastify({
    serverFactory: servers.serverFactory,
    loggerInstance: withoutSecrets(options.logger),
    genReqId: () => randomUUID(),
    trustProxy: http.trustedProxies.length > 0 && [...http.trustedProxies],
    bodyLimit: maxRequestBytes,
    forceCloseConnections: 'idle',
    clientErrorHandler: handleClientError,
    frameworkErrors: (error, _request, reply) => sendBadRequest(error, reply),
  });
  formatErrorResponses(app);
  app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id));
  checkHostAndOrigin(app, http.allowedHosts);
  authenticateRequests(app, credentials);
  await limitRate(app, limits.perMinute);
  checkContentType(app);
  limitDocuments(app, graphqlPath, limits.document);
  findTrustedDocuments(app, options.documents);
  trackRequests(app, graphqlPath, limits, http);
  closeStalled(app, http);
  drainConnections(app, servers, http.drainSeconds);
  const schema = await buildApiSchema();
  const audit = openAuditLog(options.logger, credentials !== null);
  auditMutations(schema, audit);
  const apollo = new ApolloServer<Context>({
    schema,
    plugins: [
      // Both plugins are on by default; cache control would wrap every resolver.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      executeTrustedDocument,
      hideSuggestions(limits.introspection),
      operationPlugin(schema, limits, audit),
    ],
    introspection: limits.introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    persistedQueries: false,
    parseOptions: { maxTokens: limits.document.maxTokens },
    // One more error says that there are others.
    validationOptions: { maxErrors: 4 },
    maxRecursiveSelections: limits.document.maxTokens,
    formatError: (formatted, error) =>
      formatError(formatted, error, (errorId, cause) => app.log.error({ errorId, err: cause }, 'request failed')),
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
    path: graphqlPath,
    context: async ({ caller, id: requestId, progress: request, trustedDocument }) => {
      if (!caller || !request) throw new Error('a request without a caller reached GraphQL');
      return createContext({
        caller,
        requestId,
        request,
        trustedDocument,
        warehouse,
        push,
        ledger,
        builds,
        staleAfterMinutes,
        now,
      });
    },
  });
  await serveGraphiql(app, options.pageFolder);
  return app;
}

/**
 * On shutdown, closes each connection after its current response, so that keep-alive connections do not delay the exit
 * for over a minute. Closes the rest after `drainSeconds`.
 */
function drainConnections(app: FastifyInstance, servers: HttpServers, drainSeconds: number): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
    setTimeout(() => servers.closeAllConnections(), drainSeconds * 1000).unref();
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}

/**
 * Checks each operation against the caller's role and the limits before it runs a statement, and adds the version of the data
 * to each response (`extensions.data`).
 */
function operationPlugin(schema: GraphQLSchema, limits: RequestLimits, audit: AuditLog): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, request, contextValue }) {
          if (!operation) return;
          if (!schema.getRootType(operation.operation)) {
            throw new DomainError('OPERATION_RESOLUTION_FAILURE', `This API has no ${operation.operation}s.`, 400);
          }
          checkAccess(schema, document, operation, contextValue.caller);
          checkOperation(schema, document, operation, limits);
          checkCost(schema, document, operation, request.variables ?? {}, limits.maxCost);
          if (readsEverything(schema, operation)) {
            contextValue.request.limitTo(limits.pushOperationSeconds, 'PUSH_OPERATION_SECONDS');
          }
        },
        async willSendResponse({ response, contextValue, operation, document }) {
          auditRefusal(audit, contextValue, document, operation, response.body);
          setStatus(response);
          // A rejected operation has read no data.
          if (!operation || response.body.kind !== 'single' || response.body.singleResult.data === undefined) return;
          // All data of the response are of this build.
          const build = await contextValue.loaders.buildOfAnswer().catch(() => null);
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

/** Whether an operation pushes, or has a top-level field that reads the whole warehouse. Those in fragments don't count. */
function readsEverything(schema: GraphQLSchema, { operation, selectionSet }: OperationDefinitionNode): boolean {
  const fields = schema.getRootType(operation)?.getFields() ?? {};
  return (
    operation === 'mutation' ||
    selectionSet.selections.some((node) => {
      const field = node.kind === Kind.FIELD ? fields[node.name.value] : undefined;
      return field !== undefined && costOfField(field).isFullRead === true;
    })
  );
}

/**
 * Responds with 200 if some fields have data, whatever the status of the others' errors: clients and proxies discard the body
 * of a failed response. An operation that failed before its execution has no data and keeps its status. If none has data, an
 * unexpected error is a 500, as errors of the domain have their own status.
 */
function setStatus({ body, http }: GraphQLResponse): void {
  if (body.kind !== 'single') return;
  const { data, errors = [] } = body.singleResult;
  if (!Object.values(data ?? {}).some((field) => field !== null)) {
    if (errors.some(({ extensions }) => extensions?.code === 'INTERNAL_SERVER_ERROR')) http.status ??= 500;
    return;
  }
  http.status = 200;
  // It belongs to the field that failed.
  http.headers.delete('retry-after');
}
