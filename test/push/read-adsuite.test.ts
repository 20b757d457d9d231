import { describe, expect, test } from 'vitest';
import type { ReadBack, ReadBackPage, ReadBackQuery } from '../../src/push/adsuite/read-back.ts';
import { readAllBack } from '../../src/push/drift/read-adsuite.ts';

type Page = readonly [ids: readonly string[], nextCursor: string | null];

/** Reads an AdSuite with these pages by cursor; the first one has the cursor ''. */
async function read(pages: Readonly<Record<string, Page>>, iterationIds: readonly string[] | null = null) {
  const client = {
    readBack: async ({ cursor }: { readonly cursor: string | null }): Promise<ReadBackPage> => {
      const [ids, nextCursor] = pages[cursor ?? ''] ?? [[], null];
      const metrics = ids.map((iterationId) => ({
        ...{ iterationId, strategyId: '1', version: 1, clicks: 1, conversions: 0, payout: '0.0000' },
        ...{ buildId: 'b', asOf: '2026-01-01T00:00:00Z' },
        ...{ firstConversionAt: null, lastConversionAt: null, byGoal: [] },
      }));
      return { kind: 'page', metrics, nextCursor };
    },
  };
  const seen: string[] = [];
  const signal = new AbortController().signal;
  for await (const page of readAllBack(client, iterationIds, { sleep: async () => {} }, signal)) {
    seen.push(...page.map(({ iterationId }) => iterationId));
  }
  return seen;
}

describe('the order of what AdSuite lists', () => {
  test('within a page makes no difference', async () => {
    expect(await read({ '': [['10', '-3', '9'], 'a'], a: [['12', '11'], null] })).toEqual([
      '-3',
      '9',
      '10',
      '11',
      '12',
    ]);
    expect(await read({ '': [[], 'a'], a: [['1'], 'b'], b: [[], null] })).toEqual(['1']);
  });

  test.each([
    ['a row twice on a page', { '': [['1', '2', '1'], null] }, 'it lists iteration 1 twice'],
    ['a row twice on two pages', { '': [['1', '2'], 'a'], a: [['2', '3'], null] }, 'it lists iteration 2 twice'],
    ['pages in another order', { '': [['5'], 'a'], a: [['4'], null] }, 'it lists iteration 4 on a page after 5'],
    ['pages in the order of text', { '': [['10'], 'a'], a: [['9'], null] }, 'it lists iteration 9 on a page after 10'],
    ['pages in a circle', { '': [['1'], 'a'], a: [[], 'b'], b: [[], 'a'] }, 'its cursors lead back to an earlier page'],
  ] satisfies [string, Record<string, Page>, string][])(
    '%s is ADSUITE_UNAVAILABLE with the fault',
    async (_, pages, fault) => {
      await expect(read(pages)).rejects.toMatchObject({
        message: expect.stringContaining(`AdSuite can't be read: ${fault}`),
        extensions: { code: 'ADSUITE_UNAVAILABLE' },
      });
    },
  );
});

describe('a page that could not be read', () => {
  const failed = (reason: string, retryAfterMilliseconds: number | null = null): ReadBack => ({
    ...{ kind: 'failed', reason, retryAfterMilliseconds },
  });
  const empty: ReadBack = { kind: 'page', metrics: [], nextCursor: null };

  /** Reads an AdSuite that answers like this, and then with an empty page. Returns the waits between the requests. */
  async function waits(answers: readonly ReadBack[], stopping = new AbortController()) {
    const sleeps: number[] = [];
    let requests = 0;
    const client = { readBack: async () => answers[requests++] ?? empty };
    const sleep = async (milliseconds: number) => void sleeps.push(milliseconds);
    const pages = readAllBack(client, null, { sleep }, stopping.signal);
    const error = await pages.next().then(
      () => null,
      (thrown: Error) => thrown.message,
    );
    return { sleeps, requests, error };
  }
  const says = (reason: string) => expect.stringContaining(`AdSuite can't be read: ${reason}. Retry later`);

  test('is read again, after ever longer waits', async () => {
    expect(await waits([failed('a'), failed('b'), failed('c')])).toEqual({
      ...{ sleeps: [1_000, 2_000, 3_000], requests: 4, error: null },
    });
  });

  test('four times is ADSUITE_UNAVAILABLE with the last reason', async () => {
    expect(await waits(['a', 'b', 'c', 'd'].map((reason) => failed(reason)))).toEqual({
      ...{ sleeps: [1_000, 2_000, 3_000], requests: 4, error: says('d') },
    });
  });

  test('is read again after its Retry-After, if that is longer than the wait', async () => {
    expect(await waits([failed('a', 0), failed('b', 1_999), failed('c', 10_000)])).toEqual({
      ...{ sleeps: [1_000, 2_000, 10_000], requests: 4, error: null },
    });
  });

  test('with a Retry-After of more than ten seconds is reported at once', async () => {
    expect(await waits([failed('a', 10_001)])).toEqual({
      ...{ sleeps: [], requests: 1, error: says('a; its Retry-After is 11 s') },
    });
  });

  test('because every request would fail is reported at once', async () => {
    expect(await waits([{ kind: 'fatal', reason: 'a' }])).toEqual({ sleeps: [], requests: 1, error: says('a') });
  });

  test('is not read again once the service stops', async () => {
    const stopping = new AbortController();
    stopping.abort();
    expect(await waits([], stopping)).toEqual({ sleeps: [], requests: 0, error: says('this service is stopping') });
  });
});

test('given iterations are asked for once, a hundred at a time, in numeric order', async () => {
  const asked: ReadBackQuery[] = [];
  const client = {
    readBack: async (query: ReadBackQuery): Promise<ReadBackPage> => {
      asked.push(query);
      return { kind: 'page', metrics: [], nextCursor: null };
    },
  };
  const ids = Array.from({ length: 101 }, (_, index) => String(150 - index));
  const pages = readAllBack(client, [...ids, '60', '150'], { sleep: async () => {} }, new AbortController().signal);
  for await (const page of pages) expect(page).toEqual([]);
  expect(asked).toEqual([
    { iterationIds: Array.from({ length: 100 }, (_, index) => String(50 + index)), cursor: null },
    { iterationIds: ['150'], cursor: null },
  ]);
});
