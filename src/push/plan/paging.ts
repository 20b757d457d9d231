import type { Receipt, ReceiptRange } from '../ledger.ts';
import type { PushSelection } from '../types.ts';

/**
 * Requests the next page while the current one is processed, but no page after that.
 *
 * @throws what reading a page throws, when that page is due.
 */
export async function* readAhead<Page>(pages: AsyncIterable<Page>): AsyncGenerator<Page, void, undefined> {
  const iterator = pages[Symbol.asyncIterator]();
  let next = requestPage(iterator);
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await next;
      isOver = done === true;
      if (done) return;
      next = requestPage(iterator);
      yield value;
    }
  } catch (error) {
    isOver = true;
    throw error;
  } finally {
    // The consumer stopped early. Wait for the requested page, so that no read is left running.
    if (!isOver) {
      await next.catch(() => undefined);
      await iterator.return?.();
    }
  }
}

/** Marks a failure as handled: it may occur before the page is awaited. */
function requestPage<Page>(iterator: AsyncIterator<Page>): Promise<IteratorResult<Page>> {
  const page = iterator.next();
  page.catch(() => undefined);
  return page;
}

const receiptsPerPage = 1_000;

/** Reads all receipts of a selection, page by page, in the numeric order of iteration ids. */
export async function* receiptPages(
  ledger: { receipts(range: ReceiptRange): Promise<Receipt[]> },
  selection: PushSelection,
): AsyncGenerator<readonly Receipt[], void, undefined> {
  let after: string | null = null;
  for (;;) {
    const page: Receipt[] = await ledger.receipts({ after, through: null, selection, limit: receiptsPerPage });
    const last = page.at(-1);
    if (last) yield page;
    if (last === undefined || page.length < receiptsPerPage) return;
    after = last.iterationId;
  }
}
