import type { Receipt, ReceiptRange } from '../ledger.ts';
import type { PushSelection } from '../types.ts';

/** How many receipts are read at once. */
const receiptsPerPage = 1_000;

/** Every receipt of a selection, in the order of iterations' ids as numbers, page by page. */
export async function* receiptPages(
  ledger: { receipts(range: ReceiptRange): Promise<Receipt[]> },
  selection: PushSelection,
  pageSize = receiptsPerPage,
): AsyncGenerator<readonly Receipt[], void, undefined> {
  let after: string | null = null;
  for (;;) {
    const page: Receipt[] = await ledger.receipts({ after, through: null, selection, limit: pageSize });
    const last = page.at(-1);
    if (last) yield page;
    if (last === undefined || page.length < pageSize) return;
    after = last.iterationId;
  }
}
