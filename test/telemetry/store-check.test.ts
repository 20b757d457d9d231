import { expect, test } from 'vitest';
import { StoreCheck } from '../../src/telemetry/store-check.ts';

/** A check whose reads a test answers, and whose clock it sets. */
function openCheck() {
  const reads: PromiseWithResolvers<string>[] = [];
  const changes: boolean[] = [];
  const clock = { now: 0 };
  const check = new StoreCheck({
    read: () => {
      const read = Promise.withResolvers<string>();
      reads.push(read);
      return read.promise;
    },
    everyMilliseconds: 10_000,
    clock: () => clock.now,
    onChange: (isUp) => changes.push(isUp),
  });
  /** Asks for the state, and ends the read that this starts. */
  const ask = (end: (read: PromiseWithResolvers<string>) => void) => {
    const state = check.state();
    const read = reads.at(-1);
    if (read) end(read);
    return state;
  };
  return { check, reads, changes, clock, ask };
}

const up = (value: string) => (read: PromiseWithResolvers<string>) => read.resolve(value);
const down = (read: PromiseWithResolvers<string>) => read.reject(new Error('down'));

test('requests at the same time share one check, and later ones its result', async () => {
  const { check, reads, clock, ask } = openCheck();
  const states = [check.state(), check.state(), ask(up('one'))];
  expect(await Promise.all(states)).toEqual(states.map(() => ({ isUp: true, value: 'one' })));
  clock.now = 9_999;
  expect(await check.state()).toEqual({ isUp: true, value: 'one' });
  expect(reads.length).toBe(1);
  clock.now = 10_000;
  expect(await ask(up('two'))).toEqual({ isUp: true, value: 'two' });
  expect(reads.length).toBe(2);
});

test('a store that is down is checked every two seconds, and recovers; each change is reported once', async () => {
  const { check, reads, changes, clock, ask } = openCheck();
  expect(await ask(down)).toEqual({ isUp: false });
  clock.now = 1_999;
  expect(await check.state()).toEqual({ isUp: false });
  expect(reads.length).toBe(1);
  clock.now = 2_000;
  expect(await ask(down)).toEqual({ isUp: false });
  clock.now = 4_000;
  expect(await ask(up('back'))).toEqual({ isUp: true, value: 'back' });
  clock.now = 14_000;
  expect(await ask(up('still'))).toEqual({ isUp: true, value: 'still' });
  expect(changes).toEqual([false, true]);
});

test('a store that does not respond keeps its last state for 30 s; before the first response it is down', async () => {
  const { check, reads, clock, ask } = openCheck();
  const silent = openCheck();
  expect(await silent.check.state()).toEqual({ isUp: false });
  clock.now = 1_000_000;
  await ask(up('one'));
  clock.now += 10_000;
  expect(await check.state()).toEqual({ isUp: true, value: 'one' });
  clock.now += 19_999;
  expect(await check.state()).toEqual({ isUp: true, value: 'one' });
  clock.now += 1;
  expect(await check.state()).toEqual({ isUp: false });
  expect(reads.length).toBe(2);
  reads[1]?.resolve('late');
  expect(await check.state()).toEqual({ isUp: true, value: 'late' });
});
