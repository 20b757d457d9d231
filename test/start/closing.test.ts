import { expect, test } from 'vitest';
import { Closing } from '../../src/start/closing.ts';

/** Parts that note when they are closed. */
function openParts() {
  const log: unknown[] = [];
  const closing = new Closing((error) => log.push(error));
  const part = (name: string, error?: Error) => async () => {
    log.push(`${name} begins`);
    // Another part that did not wait for this one would begin now.
    await new Promise((resolve) => setImmediate(resolve));
    if (error) throw error;
    log.push(`${name} ends`);
  };
  return { log, closing, part };
}

test('parts are closed one after the other, the last one first', async () => {
  const { log, closing, part } = openParts();
  for (const name of ['ledger', 'worker', 'server']) closing.add(part(name));
  expect(closing.hasBegun).toBe(false);
  await Promise.all([closing.close(), closing.close()]);
  expect(log).toEqual(['server', 'worker', 'ledger'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  expect(closing.hasBegun).toBe(true);
});

test('a part that fails is reported, and the others are closed', async () => {
  const { log, closing, part } = openParts();
  const error = new Error('the connection broke');
  closing.add(part('ledger'));
  closing.add(part('worker', error));
  await closing.close();
  expect(log).toEqual(['worker begins', error, 'ledger begins', 'ledger ends']);
});

test('a part that is opened after closing has begun is closed at once', async () => {
  const { log, closing, part } = openParts();
  await closing.close();
  const error = new Error('the connection broke');
  closing.add(part('late'));
  closing.add(part('later', error));
  expect(log).toEqual(['late begins', 'later begins']);
  await new Promise((resolve) => setImmediate(resolve));
  await closing.close();
  expect(log.slice(2)).toEqual(['late ends', error]);
});
