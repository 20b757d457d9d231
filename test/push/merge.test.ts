import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeById, type Sorted } from '../../src/push/plan/merge.ts';
import { paged } from '../support/push-doubles.ts';

const idOf = (row: { readonly id: string }) => row.id;
const rows = fc
  .uniqueArray(fc.integer({ min: -3, max: 12 }), { maxLength: 12 })
  .map((ids) => ids.sort((one, other) => one - other).map((id) => ({ id: String(id) })));
const size = fc.integer({ min: 1, max: 5 });

async function all<Row>(pages: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const found: Row[] = [];
  for await (const page of pages) found.push(...page);
  return found;
}

test('every id of either side appears once, in order, with the rows of both, for any page sizes', async () => {
  await fc.assert(
    fc.asyncProperty(rows, rows, size, size, async (left, right, leftSize, rightSize) => {
      const pairs = await all(
        mergeById(
          { name: 'left', pages: paged(left, leftSize), idOf },
          { name: 'right', pages: paged(right, rightSize), idOf },
        ),
      );
      const ids = [...new Set([...left, ...right].map(({ id }) => Number(id)))].sort((one, other) => one - other);
      expect(pairs).toEqual(
        ids.map(String).map((id) => ({
          id,
          left: left.find((row) => row.id === id) ?? null,
          right: right.find((row) => row.id === id) ?? null,
        })),
      );
    }),
  );
});

async function* given(...pages: string[][]) {
  for (const page of pages) yield page.map((id) => ({ id }));
}

const none: Sorted<{ id: string }> = { name: 'none', pages: given(), idOf };

test.each([
  ['within a page', [['1', '3', '2']]],
  ['from page to page', [['1', '3'], ['2']]],
  ['after an empty page', [['3'], [], ['3']]],
  ['numerically, only as text', [['10', '9']]],
])('ids that do not increase %s are an error', async (_, pages) => {
  await expect(all(mergeById({ name: 'ours', pages: given(...pages), idOf }, none))).rejects.toThrow(
    /^ours: iteration \d+ comes after \d+/,
  );
});

test('both lists are closed when the consumer stops early', async () => {
  const closed: string[] = [];
  async function* endless(name: string) {
    try {
      for (let id = 1; ; id += 1) yield [{ id: String(id) }];
    } finally {
      closed.push(name);
    }
  }
  for await (const page of mergeById(
    { name: 'one', pages: endless('one'), idOf },
    { name: 'other', pages: endless('other'), idOf },
  )) {
    if (page.some(({ id }) => id === '3')) break;
  }
  expect(closed.toSorted()).toEqual(['one', 'other']);
});
