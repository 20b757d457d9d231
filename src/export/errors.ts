import type { GraphQLFormattedError } from 'graphql';
import { DomainError } from '../errors.ts';

/** The operation is not one list. */
export class NotExportable extends DomainError {
  /** @param problem a sentence, for display. */
  constructor(problem: string) {
    super('NOT_EXPORTABLE', `The operation cannot be exported. ${problem}`, 400);
  }
}

/** To a client of HTTP/1.0, the end of the connection is that of the body: it would take a part of the file for the whole. */
export class OldHttp extends DomainError {
  constructor() {
    super(
      'BAD_REQUEST',
      'Exports need HTTP/1.1: a client or proxy of HTTP/1.0 cannot see that a file is not complete. In nginx, set: proxy_http_version 1.1;',
      505,
    );
  }
}

/** All places for exports are taken, or those that one caller may take. */
export class ExportsBusy extends DomainError {
  constructor(maxExports: number, who: 'service' | 'caller') {
    const whose =
      who === 'service'
        ? `The service is running ${maxExports} exports, its maximum (EXPORT_CONCURRENCY).`
        : `Exports of this caller that are running: ${maxExports}, the maximum for one caller (one less than EXPORT_CONCURRENCY).`;
    super('SERVICE_OVERLOADED', `${whose} Retry after Retry-After.`, 503, {
      headers: new Map([['retry-after', '10']]),
    });
  }
}

/** The service has closed the connection: the client did not read. */
export class ClientStalled extends DomainError {
  constructor() {
    super('CLIENT_DISCONNECTED', 'The client read nothing for HTTP_STALLED_SECONDS.', 499);
  }
}

/** GraphQL refused the operation, or one of its pages has an error. */
export class FailedPage extends Error {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly errors: readonly GraphQLFormattedError[];

  constructor(status: number, headers: ReadonlyMap<string, string>, errors: readonly GraphQLFormattedError[]) {
    super(errors[0]?.message ?? 'no data');
    this.status = status;
    this.headers = headers;
    this.errors = errors;
  }
}

/** The code of what ended an export. */
export function codeOf(error: unknown): string {
  if (error instanceof DomainError) return error.extensions.code;
  const code = error instanceof FailedPage ? error.errors[0]?.extensions?.code : undefined;
  return typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR';
}
