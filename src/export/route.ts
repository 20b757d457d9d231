import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { progressOf } from '../answers/route.ts';
import type { AuditLog } from '../auth/audit.ts';
import type { Caller } from '../auth/caller.ts';
import { Forbidden } from '../auth/errors.ts';
import { isDocumentsOnly } from '../auth/restrictions.ts';
import type { RequestLimits } from '../config/limits.ts';
import { DomainError } from '../errors.ts';
import { pageCompression } from '../http/compression.ts';
import { refuseOtherMethods } from '../http/methods.ts';
import { exportPath } from '../http/operation-routes.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { FailedPage, OldHttp } from './errors.ts';
import { filenameOf } from './filename.ts';
import { formatOf } from './formats.ts';
import { type ExecuteStep, ListReader } from './list-reader.ts';
import { ExportPlaces } from './places.ts';
import { readExport } from './request.ts';
import { RowStream } from './row-stream.ts';

export interface ExportRouteOptions {
  readonly schema: GraphQLSchema;
  readonly limits: Pick<RequestLimits, 'maxCost' | 'maxAnswerBytes' | 'maxExports' | 'exportSeconds'>;
  /** Executes operations for a request, all at the same build. */
  readonly executorOf: (request: FastifyRequest) => ExecuteStep;
  /** Counts a further request of the caller. Returns milliseconds to wait before it may be executed. */
  readonly charge: (request: FastifyRequest) => Promise<number>;
  readonly metrics: Pick<Metrics, 'exportStarted' | 'exportEnded' | 'rowsExported'>;
  readonly audit: AuditLog;
  readonly now: () => Date;
}

/**
 * The service waits for the end of a streamed response in four places, and Fastify and Node wait in five, however many pages it has. From
 * eleven on, Node would warn of a leak.
 */
const maxListeners = 20;

/** Serves whole lists as CSV or NDJSON. Requests have passed the checks of HTTP, as those of GraphQL do. */
export function serveExports(app: FastifyInstance, options: ExportRouteOptions): void {
  const { limits, metrics } = options;
  const places = new ExportPlaces(limits.maxExports);
  const begin = ({ raw }: FastifyReply, { name }: Caller, onEnd: () => void) => {
    const free = places.take(name);
    metrics.exportStarted();
    raw.setMaxListeners(maxListeners);
    raw.once('close', () => {
      free();
      metrics.exportEnded();
      onEnd();
    });
  };
  app.post(exportPath, { compress: pageCompression }, async (request, reply) => {
    if (request.raw.httpVersion === '1.0') throw new OldHttp();
    try {
      return await answer(request, reply, options, (caller, onEnd) => begin(reply, caller, onEnd));
    } catch (error) {
      if (!(error instanceof FailedPage)) throw error;
      const { status, headers, errors } = error;
      return reply.status(status).headers(Object.fromEntries(headers)).send({ errors });
    }
  });
  refuseOtherMethods(app, exportPath);
}

const onePageOnly =
  'This key or token may send only trusted documents, and this one reads a single page by /graphql: an export would read more. ' +
  'To allow it, give the list of the document a variable as cursor, like after: $after.';

/** Answers with the first page and then all others. Until the first page is read, errors are answers of their own. */
async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { schema, limits, executorOf, charge, metrics, audit, now }: ExportRouteOptions,
  begin: (caller: Caller, onEnd: () => void) => void,
): Promise<FastifyReply> {
  const { caller, outcome } = request;
  const progress = progressOf(request);
  if (!caller) throw new Error('a request without a caller reached the export');
  const wanted = readExport(request);
  const reader = await ListReader.open(schema, wanted, limits, executorOf(request));
  if (isDocumentsOnly(caller) && !reader.list.isPaged) throw new Forbidden(onePageOnly);
  const { signal } = progress;
  // Its connection would not close again, and keep the place.
  signal.throwIfAborted();
  let sent = 0;
  begin(caller, () => {
    const code = outcome?.code ?? (reply.raw.writableFinished ? 'OK' : 'CLIENT_DISCONNECTED');
    audit({ caller, requestId: request.id }, { operation: `export ${reader.list.field}`, outcome: code, rows: sent });
  });
  progress.limitTo(limits.exportSeconds, 'EXPORT_SECONDS');
  const first = await reader.first();
  const readAt = async (cursor: string) => {
    for (let wait = await charge(request); wait > 0; wait = await charge(request)) await sleep(wait, null, { signal });
    signal.throwIfAborted();
    return reader.at(cursor);
  };
  const format = formatOf(wanted, reader.list.columns);
  const rows = new RowStream(first, {
    readAt,
    format,
    maxPageBytes: limits.maxAnswerBytes,
    signal,
    response: reply.raw,
    // Pages are read when the client is ready for them, and belong to this request even then.
    inContext: AsyncLocalStorage.snapshot(),
    onRows: (count) => {
      sent += count;
      metrics.rowsExported(format.name, count);
    },
    onCut: (code, error) => {
      if (outcome) Object.assign(outcome, { code, isRefused: false, isCut: true });
      const isKnown = error instanceof DomainError || error instanceof FailedPage;
      const why = isKnown ? { reason: error.message } : { err: error };
      request.log[isKnown ? 'warn' : 'error']({ code, rows: sent, ...why }, 'export cut off');
    },
  });
  const { build, total } = first;
  if (build) reply.header('x-export-build', build.id);
  if (total !== null) reply.header('x-total-rows', String(total));
  return reply
    .header('cache-control', 'no-store')
    .header('content-disposition', `attachment; filename="${filenameOf(wanted, reader.list.field, build, now())}"`)
    .type(format.contentType)
    .send(rows.stream);
}
