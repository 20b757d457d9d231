import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Mutex } from '../../src/push/plan/mutex.ts';
import { readAhead } from '../../src/push/plan/read-ahead.ts';

/** Pages 1 to `count`, then a failure where there is one; tells what is asked of it. */
async function* pages(count: number, told: string[], failure?: Error) {
  try {
    for (let page = 1; page <= count; page += 1) {
      told.push(`ask ${page}`);
      yield page;
    }
    if (failure) throw failure;
  } finally {
    told.push('closed');
  }
}

test('each page comes once and in order, and one more is asked for while it is at work, but no other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 9 }), fc.nat({ max: 9 }), async (count, taken) => {
      const told: string[] = [];
      const seen: number[] = [];
      for await (const page of readAhead(pages(count, told))) {
        seen.push(page);
        const asked = told.filter((word) => word.startsWith('ask'));
        expect(asked).toHaveLength(Math.min(page + 1, count));
        if (seen.length > taken) break;
      }
      expect(seen).toEqual(Array.from({ length: Math.min(count, taken + 1) }, (_, index) => index + 1));
      expect(told.filter((word) => word === 'closed')).toHaveLength(1);
    }),
  );
});

test('a page that fails before its turn fails in its turn', async () => {
  const seen: number[] = [];
  const reading = (async () => {
    for await (const page of readAhead(pages(2, [], new Error('no more')))) {
      seen.push(page);
      // Long enough for the failure to be there, and to be reported as one that nobody handles.
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await expect(reading).rejects.toThrow('no more');
  expect(seen).toEqual([1, 2]);
});

test('work begins when the work before it has ended, not before', async () => {
  const line = new Mutex();
  const [first, told] = [Promise.withResolvers<void>(), [] as string[]];
  await line.begin(() => first.promise.then(() => void told.push('first')));
  const second = line.begin(async () => void told.push('second'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([]);
  first.resolve();
  await second;
  await line.end();
  expect(told).toEqual(['first', 'second']);
});

test('after work that failed none begins', async () => {
  const line = new Mutex();
  await line.begin(() => Promise.reject(new Error('it failed')));
  let isBegun = false;
  const next = line.begin(async () => {
    isBegun = true;
  });
  await expect(next).rejects.toThrow('it failed');
  await expect(line.end()).rejects.toThrow('it failed');
  expect(isBegun).toBe(false);
});
