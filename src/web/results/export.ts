import type { ApiKey } from '../api-key.ts';
import { jsonOf, postWithKey } from '../requests.ts';

export type ExportFormat = 'csv' | 'ndjson';

/** The operation to export, as it would be sent to `/graphql`. */
export interface ExportedOperation {
  readonly query: string;
  readonly variables: unknown;
  readonly operationName: string | undefined;
  /** Headers that the user typed. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ExportProgress {
  /** Rows that have arrived. */
  readonly rows: number;
  /** Of the whole list; null if the service does not know it. */
  readonly total: number | null;
}

export interface ExportOptions {
  readonly apiKey: ApiKey;
  readonly format: ExportFormat;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ExportProgress) => void;
}

/** A complete file. */
export interface ExportedFile {
  readonly name: string;
  readonly content: Blob;
  readonly rows: number;
}

/** An export that ended without a file. The message is for the user. */
export class ExportError extends Error {}

const contentTypes = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;

/**
 * Reads all rows of a list, over all pages, as a file.
 *
 * @throws {ExportError} if the service refuses it, or stops in the middle.
 * @throws the reason of the signal if that aborts it.
 */
export async function exportList(
  { headers, ...operation }: ExportedOperation,
  { apiKey, format, signal, onProgress }: ExportOptions,
): Promise<ExportedFile> {
  // Excel takes UTF-8 for another encoding unless the file begins with a BOM.
  const body = { ...operation, format, ...(format === 'csv' ? { bom: true } : {}) };
  let response: Response;
  try {
    response = await postWithKey(apiKey, '/export', body, {
      headers: { ...headers, accept: contentTypes[format] },
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new ExportError(`The export could not begin, because the service did not respond (${error}).`);
  }
  if (!response.ok || !response.body) throw new ExportError(await refusalOf(response));
  const rows = new RowCounter(format);
  const total = Number(response.headers.get('x-total-rows') ?? Number.NaN);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  try {
    for await (const chunk of chunksOf(response.body)) {
      chunks.push(chunk);
      rows.add(chunk);
      onProgress({ rows: rows.count, total: Number.isNaN(total) ? null : total });
    }
  } catch {
    signal.throwIfAborted();
    throw new ExportError(
      `The export stopped after ${rows.count.toLocaleString('en')} rows, and no file was saved. Try again. The service's log ` +
        `has the reason under the request id ${response.headers.get('x-request-id') ?? '(none)'}.`,
    );
  }
  return {
    name: fileName(response.headers.get('content-disposition')) ?? `export.${format}`,
    content: new Blob(chunks, { type: contentTypes[format] }),
    rows: rows.count,
  };
}

/** Not all browsers can iterate over a stream. */
async function* chunksOf(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

async function refusalOf(response: Response): Promise<string> {
  const message = (await jsonOf(response))?.errors?.[0]?.message ?? `The service responded with ${response.status}.`;
  const seconds = response.headers.get('retry-after');
  return seconds === null ? message : `${message} Try again in ${seconds} s.`;
}

/** @returns null if the header has none. */
export const fileName = (contentDisposition: string | null): string | null =>
  /filename="([^"/\\]+)"/.exec(contentDisposition ?? '')?.[1] ?? null;

const [newline, quote] = ['\n', '"'].map((character) => character.charCodeAt(0));

/** Counts the rows of a file that arrives in chunks. */
export class RowCounter {
  readonly #isCsv: boolean;
  #lines = 0;
  #isQuoted = false;

  constructor(format: ExportFormat) {
    this.#isCsv = format === 'csv';
  }

  /** Complete rows, without the header of CSV. */
  get count(): number {
    return Math.max(this.#lines - (this.#isCsv ? 1 : 0), 0);
  }

  add(chunk: Uint8Array): void {
    for (const byte of chunk) {
      // A cell of CSV can have line breaks, between quotes. An escaped quote toggles twice.
      if (this.#isCsv && byte === quote) this.#isQuoted = !this.#isQuoted;
      else if (byte === newline && !this.#isQuoted) this.#lines += 1;
    }
  }
}
