import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { ClientDisconnected } from '../limits/request-errors.ts';
import { ClientStalled, codeOf } from './errors.ts';
import type { RowFormat } from './formats.ts';
import { checkPageSize, type ListPage } from './list-reader.ts';

export interface RowStreamOptions {
  readonly readAt: (cursor: string) => Promise<ListPage>;
  readonly format: RowFormat;
  readonly maxPageBytes: number;
  /** Aborted when the client leaves, the time is over, or the service stops. */
  readonly signal: AbortSignal;
  readonly response: ServerResponse;
  readonly inContext: <Result>(run: () => Result) => Result;
  /** Called for each page that is handed to the client. */
  readonly onRows: (count: number) => void;
  /** Called when the response is cut off, with its reason. Not if the client left. */
  readonly onCut: (code: string, error: unknown) => void;
}

/**
 * The text of all pages. If one fails, the connection is closed before the end of the body: a status can no longer be sent, and a
 * file must not look complete.
 */
export class RowStream {
  readonly stream: Readable;
  readonly #options: RowStreamOptions;
  #hasFailed = false;

  /** @throws {DomainError} COST_LIMIT if the text of the first page exceeds what a response may have. */
  constructor(first: ListPage, options: RowStreamOptions) {
    this.#options = options;
    const { inContext, signal, response, format } = options;
    const texts = this.#texts(format.head + this.#textOf(first), first.next);
    this.stream = Readable.from(
      {
        [Symbol.asyncIterator]: () => ({
          next: () => inContext(() => texts.next()),
          return: () => inContext(() => texts.return()),
        }),
      },
      // It asks for the page after the one that is being sent, so that at most two are in memory.
      { objectMode: true, highWaterMark: 1 },
    );
    signal.addEventListener('abort', () => this.#fail(signal.reason), { once: true });
    // Without this, Node would close the connection while the service itself is slow: it takes any silence for a stalled client.
    response.on('timeout', () => {
      const isLastPartUnread = response.writableEnded && !response.writableFinished;
      if (response.writableNeedDrain || isLastPartUnread) this.#fail(new ClientStalled());
    });
  }

  /** Keeps no rows while their text is sent: they take several times its memory. */
  async *#texts(head: string, cursor: string | null): AsyncGenerator<string, void, void> {
    if (head !== '') yield head;
    try {
      for (let next = cursor; next !== null; ) {
        const page = await this.#read(next);
        next = page.next;
        if (page.text !== '') yield page.text;
      }
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  async #read(cursor: string): Promise<{ readonly text: string; readonly next: string | null }> {
    const page = await this.#options.readAt(cursor);
    return { text: this.#textOf(page), next: page.next };
  }

  #textOf({ rows }: ListPage): string {
    const { format, maxPageBytes, onRows } = this.#options;
    const text = format.write(rows);
    checkPageSize(text, maxPageBytes);
    onRows(rows.length);
    return text;
  }

  #fail(error: unknown): void {
    const { signal, onCut } = this.#options;
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const cause = signal.aborted ? signal.reason : error;
    if (!(cause instanceof ClientDisconnected)) onCut(codeOf(cause), cause);
    this.#cut();
  }

  /** Closes the connection before the last chunk, without which a client of HTTP/1.1 knows that the body is not complete. */
  #cut(): void {
    this.#hasFailed = true;
    this.#options.response.destroy();
    this.stream.destroy();
  }
}
