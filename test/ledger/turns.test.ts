import { expect, test } from 'vitest';
import { Turns } from '../../src/db/ledger/turns.ts';

const long = 60_000;

test('so many are in at once, and the others come in in order', async () => {
  const turns = new Turns(2);
  const order: number[] = [];
  const all = [0, 1, 2, 3, 4].map(async (one) => {
    expect(await turns.enter(long)).toBe(true);
    order.push(one);
  });
  await Promise.all(all.slice(0, 2));
  expect(order).toEqual([0, 1]);
  for (const next of [2, 3, 4]) {
    turns.leave();
    await all[next];
    expect(order.at(-1)).toBe(next);
  }
});

test('whoever has waited too long gives its place up, and takes nobody’s', async () => {
  const turns = new Turns(1);
  expect(await turns.enter(long)).toBe(true);
  expect(await turns.enter(0)).toBe(false);
  const patient = turns.enter(long);
  turns.leave();
  expect(await patient).toBe(true);
  turns.leave();
  expect(await turns.enter(0)).toBe(true);
});
