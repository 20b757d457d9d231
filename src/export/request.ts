import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { DomainError } from '../errors.ts';

export const formatNames = ['csv', 'ndjson'] as const;

export type FormatName = (typeof formatNames)[number];

/** What a client asks to export. */
export interface ExportRequest {
  /** The text of the document. */
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly format: FormatName;
  /** Null: it follows from the list and the data. */
  readonly filename: string | null;
  /** Whether the text begins with a byte order mark, without which Excel misreads UTF-8. */
  readonly bom: boolean;
}

const body = z.object({
  query: z.string().nullish(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  format: z.enum(formatNames).nullish(),
  filename: z
    .string()
    .regex(/^[A-Za-z0-9_-][A-Za-z0-9 ._-]{0,99}$/, {
      error: 'must have 1 to 100 letters, digits, blanks, dots, "_" or "-", and not begin with a blank or a dot',
    })
    .nullish(),
  bom: z.boolean().nullish(),
});

/** Only JSON: no form or link of a web page can send it, so it needs no other protection against request forgery. */
const isJson = /^application\/json *(;|$)/i;

/** @throws {DomainError} BAD_REQUEST */
export function readExport({ headers, body: given, trustedDocument }: FastifyRequest): ExportRequest {
  if (!isJson.test(headers['content-type'] ?? ''))
    throw new DomainError('BAD_REQUEST', 'Send the operation as JSON, with content-type: application/json.', 415);
  const { data, error } = body.safeParse(given);
  if (!data) {
    const { path = [], message = '' } = error.issues[0] ?? {};
    throw badRequest(path.length === 0 ? 'The body must be a JSON object.' : `${path.join('.')}: ${message}`);
  }
  const query = trustedDocument ?? data.query ?? null;
  if (query === null) throw badRequest('Send the operation as query, or as documentId.');
  const format = data.format ?? formatOf(headers.accept ?? '');
  if (format === null) throw badRequest('Say how to write the rows: format must be "csv" or "ndjson".');
  return {
    query,
    operationName: data.operationName ?? undefined,
    variables: data.variables ?? {},
    format,
    filename: data.filename ?? null,
    bom: data.bom ?? false,
  };
}

/** The format that an `Accept` header names. */
function formatOf(accept: string): FormatName | null {
  const types = accept.split(',').map((type) => type.split(';')[0]?.trim().toLowerCase() ?? '');
  for (const type of types) {
    if (type === 'text/csv') return 'csv';
    if (type === 'application/x-ndjson' || type === 'application/ndjson') return 'ndjson';
  }
  return null;
}

const badRequest = (message: string): DomainError => new DomainError('BAD_REQUEST', message, 400);
