import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readAhead } from '../../src/push/plan/paging.ts';

/** Yields pages 1 to `count`, then throws `failure` if given; logs requests to `log`. */
async function* pages(count: number, log: string[], failure?: Error) {
  try {
    for (let page = 1; page <= count; page += 1) {
      log.push(`request ${page}`);
      yield page;
    }
    if (failure) throw failure;
  } finally {
    log.push('closed');
  }
}

test('each page comes once, in order; while it is processed exactly one more is requested', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 9 }), fc.nat({ max: 9 }), async (count, taken) => {
      const log: string[] = [];
      const seen: number[] = [];
      for await (const page of readAhead(pages(count, log))) {
        seen.push(page);
        const requested = log.filter((word) => word.startsWith('request'));
        expect(requested).toHaveLength(Math.min(page + 1, count));
        if (seen.length > taken) break;
      }
      expect(seen).toEqual(Array.from({ length: Math.min(count, taken + 1) }, (_, index) => index + 1));
      expect(log.filter((word) => word === 'closed')).toHaveLength(1);
    }),
  );
});

test('a page that fails early is reported when it is due', async () => {
  const seen: number[] = [];
  const reading = (async () => {
    for await (const page of readAhead(pages(2, [], new Error('no more')))) {
      seen.push(page);
      // Long enough for the failure to occur, and to be reported as unhandled if it were.
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await expect(reading).rejects.toThrow('no more');
  expect(seen).toEqual([1, 2]);
});

test('a consumer that fails ends the reading', async () => {
  const log: string[] = [];
  const seen: number[] = [];
  const reading = (async () => {
    for await (const page of readAhead(pages(9, log))) {
      seen.push(page);
      if (page === 2) throw new Error('it failed');
    }
  })();
  await expect(reading).rejects.toThrow('it failed');
  expect(seen).toEqual([1, 2]);
  expect(log).toEqual(['request 1', 'request 2', 'request 3', 'closed']);
});
