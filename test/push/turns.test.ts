import { expect, test } from 'vitest';
import { Turns } from '../../src/push/plan/turns.ts';
import { latch } from '../support/push-api.ts';

const never = new AbortController().signal;

test('at most so many at once; the next one runs when one has ended, also by an error', async () => {
  const turns = new Turns(2);
  const [one, other, last] = [latch(), latch(), latch()];
  const running: string[] = [];
  const run = (name: string, wait: () => Promise<void>) =>
    turns.run(async () => {
      running.push(name);
      await wait();
      throw new Error(name);
    }, never);
  const all = Promise.allSettled([run('one', one.wait), run('other', other.wait), run('last', last.wait)]);
  await Promise.all([one.reached, other.reached]);
  expect(running).toEqual(['one', 'other']);
  other.release();
  await last.reached;
  expect(running).toEqual(['one', 'other', 'last']);
  one.release();
  last.release();
  expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});

test('a request that ends while it waits takes no turn', async () => {
  const turns = new Turns(1);
  const first = latch();
  const running = turns.run(first.wait, never);
  const controller = new AbortController();
  const waiting = turns.run(async () => expect.unreachable(), controller.signal);
  controller.abort(new Error('the client left'));
  await expect(waiting).rejects.toThrow('the client left');
  first.release();
  await running;
  expect(await turns.run(async () => 'the next', never)).toBe('the next');
});
