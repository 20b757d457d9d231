import { expect, test } from 'vitest';
import { watchBuilds } from '../../src/db/warehouse/build-watch.ts';
import type { BuildRow } from '../../src/db/warehouse/queries/builds.ts';

const build = (id: string) => ({ build_id: id }) as BuildRow;

function watched(maxAgeMilliseconds: number) {
  const state = { now: 0, newest: build('one') as BuildRow | null, reads: 0, fails: false, reported: [] as string[] };
  const gates: (() => void)[] = [];
  const { newest: watch, forget } = watchBuilds({
    read: async () => {
      state.reads += 1;
      const found = state.newest;
      if (state.fails) throw new Error('down');
      await new Promise<void>((resolve) => gates.push(resolve));
      return found;
    },
    maxAgeMilliseconds,
    clock: () => state.now,
    onNewBuild: ({ build_id }) => state.reported.push(build_id),
  });
  /** Requests the build, and lets pending queries finish. */
  const ask = async () => {
    const asked = watch();
    await Promise.resolve();
    for (const open of gates.splice(0)) open();
    return (await asked)?.build_id ?? null;
  };
  return { state, watch, forget, ask };
}

test('a new build is found once the cached one is too old, and reported once', async () => {
  const { state, ask } = watched(2000);
  expect(await ask()).toBe('one');
  state.newest = build('two');
  state.now = 1999;
  expect(await ask()).toBe('one');
  expect(state.reads).toBe(1);
  state.now = 4000;
  expect(await ask()).toBe('two');
  state.now = 9000;
  expect(await ask()).toBe('two');
  expect(state.reported).toEqual(['two']);
});

test('while a query runs, operations get the last build, up to twice its maximum age', async () => {
  const { state, watch, ask } = watched(2000);
  await ask();
  state.newest = build('two');
  state.now = 2000;
  // Neither waits: the query is still pending.
  expect((await watch())?.build_id).toBe('one');
  expect((await watch())?.build_id).toBe('one');
  expect(state.reads).toBe(2);
  state.now = 3999;
  expect((await watch())?.build_id).toBe('one');
  state.now = 4000;
  expect(await ask()).toBe('two');
  expect(state.reads).toBe(2);
});

test('the last build is served for at most 30 s more, however rarely it is looked up', async () => {
  const { state, watch, ask } = watched(3_600_000);
  await ask();
  state.newest = build('two');
  state.now = 3_629_999;
  expect((await watch())?.build_id).toBe('one');
  state.now = 3_630_000;
  expect(await ask()).toBe('two');
});

test('a failed query in the background fails no operation that got the last build', async () => {
  const { state, watch, ask } = watched(2000);
  await ask();
  state.fails = true;
  state.now = 2000;
  expect((await watch())?.build_id).toBe('one');
  state.now = 4000;
  await expect(ask()).rejects.toThrow('down');
});

test('concurrent callers share one query', async () => {
  const { state, watch, ask } = watched(2000);
  const all = [watch(), watch(), ask()];
  expect((await Promise.all(all)).length).toBe(3);
  expect(state.reads).toBe(1);
});

test('the age counts from before the query', async () => {
  const { state, watch, ask } = watched(2000);
  const first = watch();
  state.now = 1500;
  await ask();
  await first;
  state.newest = build('two');
  state.now = 3999;
  expect(await ask()).toBe('one');
  // The query before counts from here.
  state.now = 7999;
  expect(await ask()).toBe('two');
});

test('a failure is not cached, and a maximum age of 0 queries every time', async () => {
  const { state, ask } = watched(0);
  expect(await ask()).toBe('one');
  state.fails = true;
  await expect(ask()).rejects.toThrow('down');
  state.fails = false;
  expect(await ask()).toBe('one');
  expect(state.reads).toBe(3);
});

test('the first build after none is reported', async () => {
  const { state, ask } = watched(0);
  state.newest = null;
  expect(await ask()).toBe(null);
  state.newest = build('one');
  expect(await ask()).toBe('one');
  expect(state.reported).toEqual(['one']);
});

test('a build that is forgotten is read again, and reported only if it is another', async () => {
  const { state, forget, ask } = watched(2000);
  forget();
  expect(await ask()).toBe('one');
  forget();
  expect(await ask()).toBe('one');
  expect(state.reads).toBe(2);
  expect(state.reported).toEqual([]);
  state.newest = build('two');
  expect(await ask()).toBe('one');
  forget();
  expect(await ask()).toBe('two');
  expect(state.reported).toEqual(['two']);
});
