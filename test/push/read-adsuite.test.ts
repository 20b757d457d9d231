import { describe, expect, test } from 'vitest';
import type { ReadBackPage } from '../../src/push/adsuite/read-back.ts';
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
