/**
 * Asks for the next page while the current one is at work, and for no more than that one.
 *
 * @throws what the pages throw, when it is their turn.
 */
export async function* readAhead<Page>(pages: AsyncIterable<Page>): AsyncGenerator<Page, void, undefined> {
  const iterator = pages[Symbol.asyncIterator]();
  let next = ask(iterator);
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await next;
      isOver = done === true;
      if (done) return;
      next = ask(iterator);
      yield value;
    }
  } catch (error) {
    isOver = true;
    throw error;
  } finally {
    // Left early: what was asked for is waited for, so that nothing is under way any more.
    if (!isOver) {
      await next.catch(() => undefined);
      await iterator.return?.();
    }
  }
}

/** It may fail before anybody waits for it. */
function ask<Page>(iterator: AsyncIterator<Page>): Promise<IteratorResult<Page>> {
  const asked = iterator.next();
  asked.catch(() => undefined);
  return asked;
}
