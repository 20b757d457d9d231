import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest } from 'fastify';
import { AnswerInProgress } from './answers/answer-in-progress.ts';
import { answerByApollo } from './answers/apollo.ts';
import { KeptAnswers, type KeptAnswersOptions } from './answers/kept-answers.ts';
import { AnswerReuse, type Computation } from './answers/reuse.ts';
import { progressOf, serveGraphql } from './answers/route.ts';
import { auditMutations, openAuditLog } from './auth/audit.ts';
import type { Credentials } from './auth/authenticate.ts';
import { authenticateRequests, withoutSecrets } from './auth/http.ts';
import { mayIntrospect } from './auth/restrictions.ts';
import type { HttpConfig } from './config/http.ts';
import { maxRequestBytes, type RequestLimits } from './config/limits.ts';
import { type Context, createContext } from './context.ts';
import type { LedgerReads, LedgerStatus } from './db/ledger/connect.ts';
import type { SavedQueryStore } from './db/ledger/saved-query-store.ts';
import type { PoolState } from './db/observation.ts';
import { type BuildWatch, watchBuilds } from './db/warehouse/build-watch.ts';
import type { Warehouse } from './db/warehouse/connect.ts';
import { buildTimes, newestBuild } from './db/warehouse/queries/builds.ts';
import type { Snapshots } from './db/warehouse/snapshots.ts';
import type { DocumentStore } from './documents/document-store.ts';
import { findTrustedDocuments } from './documents/requests.ts';
import type { FreshnessLimits } from './domain/freshness.ts';
import { CompiledOperations } from './execution/compiled-operations.ts';
import { pinBuild } from './export/pinned-build.ts';
import { serveExports } from './export/route.ts';
import { createGraphqlServer } from './graphql-server.ts';
import { compressResponses } from './http/compression.ts';
import { completeConditional } from './http/conditional-reads.ts';
import { closeStalled, createHttpServers } from './http/connection-limits.ts';
import { checkContentType } from './http/content-type.ts';
import { allowOrigins } from './http/cors.ts';
import { drainConnections } from './http/drain.ts';
import { formatErrorResponses, handleClientError, sendBadRequest } from './http/error-responses.ts';
import { serveGraphiql } from './http/graphiql-page.ts';
import { checkHostAndOrigin } from './http/host-and-origin.ts';
import { refuseUnknownRoutes } from './http/methods.ts';
import { graphqlPath, hasOperation } from './http/operation-routes.ts';
import { limitRate } from './http/rate-limit.ts';
import { requestIdOf, returnRequestIds } from './http/request-id.ts';
import { observeRequests } from './http/request-outcome.ts';
import { limitDocuments, trackRequests } from './http/request-progress.ts';
import { serveSchema } from './http/schema-download.ts';
import { serveSignals } from './http/signals.ts';
import { KnownOperations } from './known-operations.ts';
import type { OpenPushing } from './push/index.ts';
import { buildApiSchema } from './resolvers/index.ts';
import { openSavedQueries } from './saved-queries/saved-queries.ts';
import { printApiSchema } from './schema/print.ts';
import { type Status, watchStatus } from './telemetry/status.ts';
import type { Telemetry } from './telemetry/telemetry.ts';

export interface ServerOptions {
  readonly warehouse: Warehouse;
  /** The snapshots of its builds; null: the warehouse answers everything. The server closes them. */
  readonly snapshots: Snapshots | null;
  readonly push: Pick<OpenPushing, 'within' | 'breaker'>;
  readonly ledger: LedgerReads;
  readonly savedQueries: SavedQueryStore;
  readonly ledgerStatus: LedgerStatus;
  /** The connections to the warehouse. By default those of `warehouse`. */
  readonly warehousePools?: () => readonly PoolState[];
  readonly telemetry: Telemetry;
  /** How often probes and Prometheus may let the stores be checked. */
  readonly readyCheckSeconds: number;
  readonly logger: FastifyBaseLogger;
  readonly http: HttpConfig;
  /** How callers are authenticated; null: not at all, and everyone is an operator. */
  readonly credentials: Credentials | null;
  /** Documents that requests may name by their ids; null: none. */
  readonly documents: Pick<DocumentStore, 'find'> | null;
  readonly limits: RequestLimits;
  /** Memory for answers that are kept until the next build, in bytes; 0: none are kept, and equal operations execute each. */
  readonly keptAnswerBytes: number;
  readonly staleAfterMinutes: FreshnessLimits;
  /** Seconds until the newest build is looked up again; 0 looks it up for every operation. */
  readonly buildCheckSeconds: number;
  /** Folder of the built GraphiQL page. */
  readonly pageFolder: string;
  readonly now: () => Date;
}

/**
 * Creates the HTTP server: GraphQL at `/graphql`, exports at `/export`, GraphiQL at `/graphiql/`, the schema, probes and metrics. The caller makes it
 * listen.
 */
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
  const schema = await buildApiSchema();
  const audit = openAuditLog(options.logger, credentials !== null);
  auditMutations(schema, audit);
  const compiled = new CompiledOperations(schema, limits.compileAfter);

  // Their order is that in which a request meets them. Hooks that await nothing use callbacks: a promise per hook slows every
  // request.
  formatErrorResponses(app);
  observeRequests(app, telemetry);
  returnRequestIds(app);
  checkHostAndOrigin(app, http);
  await allowOrigins(app, http.corsOrigins);
  authenticateRequests(app, credentials);
  const charge = await limitRate(app, limits.perMinute);
  checkContentType(app);
  refuseUnknownRoutes(app);
  limitDocuments(app, limits.document, (document) => compiled.hasPassed(document));
  findTrustedDocuments(app, options.documents, hasOperation);
  trackRequests(app, limits, http);
  closeStalled(app, http);
  drainConnections(app, servers, telemetry, http);
  completeConditional(app);
  await compressResponses(app);

  const { staleAfterMinutes, logger } = options;
  const known = new KnownOperations(limits, compiled);
  const graphql = createGraphqlServer({ schema, compiled, limits, audit, staleAfterMinutes, logger });
  await graphql.start();
  app.addHook('onClose', () => graphql.stop());

  const { warehouse, snapshots, push, ledger, now } = options;
  const savedQueries = openSavedQueries(options.savedQueries, schema, limits.document);
  app.addHook('onClose', async () => snapshots?.close());
  const stores = { warehouse, snapshots, push, ledger, savedQueries };
  const builds = watchBuilds({
    read: () => newestBuild(warehouse),
    maxAgeMilliseconds: options.buildCheckSeconds * 1000,
    clock: () => performance.now(),
    onNewBuild: (build) => app.log.info({ build: build.build_id, asOf: build.as_of }, 'serving a new build'),
    onRead: (build) => {
      reuse?.noticed(build);
      snapshots?.noticed(build);
    },
  });
  const reuse = openAnswerReuse(options.keptAnswerBytes, builds, telemetry);
  const contextOf = (
    { caller, id: requestId, progress, outcome, trustedDocument }: FastifyRequest,
    { signal, notes: answer, builds }: Computation,
  ): Context => {
    if (!caller || !progress || !outcome) throw new Error('a request without a caller reached GraphQL');
    const { limitTo, beginWait } = progress;
    const own = { caller, requestId, request: { signal, limitTo, beginWait }, outcome, trustedDocument, answer };
    return createContext({ ...own, ...stores, exportStep: null, builds, staleAfterMinutes, now });
  };
  serveGraphql(app, {
    path: graphqlPath,
    builds,
    reuse,
    execute: async (request, computation) => {
      let created: Context | undefined;
      const context = () => {
        created ??= contextOf(request, computation);
        return created;
      };
      const answered = await known.answer(request, context);
      if (answered) return answered;
      const computed = await answerByApollo(graphql, request, context);
      known.learn(request, computed);
      return computed;
    },
  });
  serveExports(app, {
    schema,
    limits,
    charge,
    audit,
    metrics: telemetry.metrics,
    now,
    executorOf: (request) => {
      const pinned = pinBuild(builds);
      return (operation, exportStep) => {
        const { signal } = progressOf(request);
        const context = contextOf(request, { signal, notes: new AnswerInProgress(), builds: pinned });
        // The text to execute is that of the step, also if the request names a trusted document.
        return graphql.executeOperation(operation, { contextValue: { ...context, trustedDocument: null, exportStep } });
      };
    },
  });
  serveSchema(
    app,
    printApiSchema(schema),
    ({ caller }) => limits.introspection && caller !== null && mayIntrospect(caller),
  );
  serveSignals(app, statusOf(app, options, builds));
  await serveGraphiql(app, options.pageFolder);
  return app;
}

/** @param maxBytes memory of answers that are kept; 0: none. */
function openAnswerReuse(maxBytes: number, builds: BuildWatch, { metrics }: Telemetry): AnswerReuse | null {
  if (maxBytes === 0) return null;
  const onSize: KeptAnswersOptions['onSize'] = (size) => metrics.answersKept(size);
  const kept = new KeptAnswers({ maxBytes, onSize, onEvicted: () => metrics.answerEvicted() });
  return new AnswerReuse({ kept, builds, onReuse: (reuse) => metrics.answerReused(reuse) });
}

/** What probes and Prometheus are told. */
function statusOf(app: FastifyInstance, options: ServerOptions, builds: BuildWatch): Status {
  const { telemetry, warehouse, ledgerStatus, push, readyCheckSeconds, staleAfterMinutes, now } = options;
  return watchStatus({
    telemetry,
    warehouse: {
      newestBuild: async () => {
        const build = await builds.newest();
        return build && buildTimes(build);
      },
      pools: options.warehousePools ?? (() => warehouse.pools()),
    },
    snapshot: () => options.snapshots?.state() ?? null,
    ledger: ledgerStatus,
    breaker: () => push.breaker(),
    everyMilliseconds: readyCheckSeconds * 1000,
    staleAfterMinutes,
    now,
    onChange: (store, isUp) => {
      if (isUp) app.log.info({ store }, 'a store is available');
      else app.log.warn({ store }, 'a store is unavailable: the service is not ready');
    },
  });
}
