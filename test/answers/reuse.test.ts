import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { KeptAnswers } from '../../src/answers/kept-answers.ts';
import { AnswerReuse, type Computation, type ComputedAnswer } from '../../src/answers/reuse.ts';
import type { BuildRow } from '../../src/db/warehouse/queries/builds.ts';

/** Computations that the test ends, and builds that it changes. */
function open(maxBytes = 1024 * 1024) {
  const reuses: string[] = [];
  let size = { entries: 0, bytes: 0 };
  let evicted = 0;
  const kept = new KeptAnswers({
    maxBytes,
    onSize: (now) => {
      size = now;
    },
    onEvicted: () => {
      evicted += 1;
    },
  });
  let build = 'one';
  const newest = async () => ({ build_id: build, tables_build_number: '1' }) as BuildRow;
  const reuse = new AnswerReuse({
    kept,
    builds: { newest, forget: () => {} },
    onReuse: (how) => void reuses.push(how),
  });
  const computations: (Computation & {
    readonly end: (text: string) => void;
    readonly fail: (error: Error) => void;
  })[] = [];
  /** @param isStable whether the operation turns out to have no volatile field. */
  const ask = (key: string, signal = new AbortController().signal, isStable = true) =>
    reuse.answer({
      key,
      signal,
      onJoin: () => {},
      compute: async (computation) => {
        computation.signal.throwIfAborted();
        const { promise, resolve, reject } = Promise.withResolvers<ComputedAnswer>();
        computation.signal.addEventListener('abort', () => reject(computation.signal.reason));
        if (isStable) computation.notes.executes('Name');
        const version = `${(await computation.builds.newest())?.build_id} 1`;
        const end = (text: string) => {
          Object.assign(computation.notes, { version });
          resolve({ headers: new Map(), text } as unknown as ComputedAnswer);
        };
        computations.push({ ...computation, end, fail: reject });
        return promise;
      },
    });
  return {
    ask,
    computations,
    reuse,
    reuses,
    noticed: (next: string) => reuse.noticed({ build_id: next, tables_build_number: '1' } as BuildRow),
    size: () => ({ ...size, evicted }),
    setBuild: (next: string) => {
      build = next;
    },
  };
}

const textOf = (answer: Awaited<ReturnType<AnswerReuse['answer']>>): string =>
  answer.from === 'kept' ? String(answer.kept.bytes) : String(answer.computed.text);

/** Lets everything happen that waits for nothing else. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('equal requests in flight are computed once; later ones get the kept answer', async () => {
  const { ask, computations, reuses } = open();
  const first = ask('a');
  await settle();
  const others = [ask('a'), ask('a')];
  const different = ask('b');
  await settle();
  expect(computations).toHaveLength(2);
  computations[0]?.end('A');
  computations[1]?.end('B');
  expect((await Promise.all([first, ...others, different])).map(textOf)).toEqual(['A', 'A', 'A', 'B']);
  expect(textOf(await ask('a'))).toBe('A');
  expect(reuses.toSorted()).toEqual(['computed', 'computed', 'kept', 'shared', 'shared']);
});

test('an operation that is volatile, or not known to be stable yet, is not shared', async () => {
  const { ask, computations, reuses } = open();
  const answers = [ask('a', undefined, false)];
  await settle();
  answers.push(ask('a', undefined, false));
  await settle();
  for (const [at, { end }] of computations.entries()) end(`answer ${at}`);
  expect((await Promise.all(answers)).map(textOf)).toEqual(['answer 0', 'answer 1']);
  expect(reuses).toEqual([]);
});

test('one that leaves gets its own error, and the others the answer', async () => {
  const { ask, computations } = open();
  const [one, two] = [new AbortController(), new AbortController()];
  const first = ask('a', one.signal);
  await settle();
  const second = ask('a', two.signal);
  const third = ask('a');
  await settle();
  one.abort(new Error('the first left'));
  two.abort(new Error('the second left'));
  await expect(first).rejects.toThrow('the first left');
  await expect(second).rejects.toThrow('the second left');
  expect(computations[0]?.signal.aborted).toBe(false);
  computations[0]?.end('A');
  expect(textOf(await third)).toBe('A');
});

test('when the last one leaves, the work ends with its reason, and the next one computes again', async () => {
  const { ask, computations } = open();
  const [one, two] = [new AbortController(), new AbortController()];
  const first = ask('a', one.signal);
  await settle();
  const second = ask('a', two.signal);
  await settle();
  one.abort(new Error('the first left'));
  await expect(first).rejects.toThrow('the first left');
  two.abort(new Error('the second left'));
  await expect(second).rejects.toThrow('the second left');
  expect(computations[0]?.signal.reason).toEqual(new Error('the second left'));
  const next = ask('a');
  await settle();
  computations[1]?.end('A');
  expect(textOf(await next)).toBe('A');
});

test('a request that has ended before it begins computes nothing for others', async () => {
  const { ask } = open();
  await expect(ask('a', AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
});

test('an answer of another build is neither shared nor kept', async () => {
  const { ask, computations, setBuild } = open();
  const first = ask('a');
  await settle();
  setBuild('two');
  const second = ask('a');
  await settle();
  computations[0]?.end('of build one');
  expect(textOf(await first)).toBe('of build one');
  await settle();
  computations[1]?.end('of build two');
  expect(textOf(await second)).toBe('of build two');
  expect(textOf(await ask('a'))).toBe('of build two');
  setBuild('three');
  const third = ask('a');
  await settle();
  computations[2]?.end('of build three');
  expect(textOf(await third)).toBe('of build three');
});

test('after a change of the build, those that waited for the earlier one share one computation', async () => {
  const { ask, computations, setBuild } = open();
  const first = ask('a');
  await settle();
  setBuild('two');
  const others = [ask('a'), ask('a'), ask('a')];
  await settle();
  computations[0]?.end('of build one');
  await settle();
  expect(computations).toHaveLength(2);
  computations[1]?.end('of build two');
  expect((await Promise.all([first, ...others])).map(textOf)).toEqual([
    'of build one',
    ...Array(3).fill('of build two'),
  ]);
});

test('a late answer of an earlier build does not replace one of the newest', async () => {
  const { ask, computations, noticed, reuses, setBuild } = open();
  noticed('one');
  const first = ask('a');
  await settle();
  setBuild('two');
  noticed('two');
  const second = ask('a');
  await settle();
  computations[1]?.end('of build two');
  await second;
  computations[0]?.end('of build one');
  expect(textOf(await first)).toBe('of build one');
  expect(textOf(await ask('a'))).toBe('of build two');
  expect(reuses).toEqual(['computed', 'computed', 'kept']);
});

test('no request joins a computation from before a new build was noticed', async () => {
  const { ask, computations, noticed } = open();
  noticed('one');
  const first = ask('a');
  await settle();
  noticed('two');
  const second = ask('a');
  await settle();
  for (const [at, { end }] of computations.entries()) end(`answer ${at}`);
  expect((await Promise.all([first, second])).map(textOf)).toEqual(['answer 0', 'answer 1']);
});

test('a failure is shared, and not kept', async () => {
  const { ask, computations } = open();
  const first = ask('a');
  await settle();
  const second = ask('a');
  await settle();
  computations[0]?.fail(new Error('failed'));
  await expect(first).rejects.toThrow('failed');
  await expect(second).rejects.toThrow('failed');
  const third = ask('a');
  await settle();
  computations[1]?.end('A');
  expect(textOf(await third)).toBe('A');
});

test('an answer is compressed once, also if its compressed bytes make it larger than an answer may be', async () => {
  const { ask, computations, reuse, size } = open(64 * 1024);
  const asked = ask('a');
  await settle();
  // Compression does not make it smaller.
  computations[0]?.end(randomBytes(5 * 1024).toString('base64'));
  await asked;
  const sizes = [size().bytes];
  for (const encoding of ['br', 'gzip'] as const) {
    const answers = await Promise.all([ask('a'), ask('a')]);
    const encoded = answers.map((each) => each.from === 'kept' && reuse.kept.encoded('a', each.kept, encoding));
    expect(await encoded[0]).toBe(await encoded[1]);
    sizes.push(size().bytes);
    const again = await ask('a');
    expect(again.from === 'kept' && again.kept.encoded[encoding]).toBe(await encoded[0]);
  }
  expect(sizes).toEqual(sizes.toSorted((one, other) => one - other));
  expect(new Set(sizes).size).toBe(3);
});

test('memory is bounded: old answers make room, and the text of one takes at most an eighth', async () => {
  const { ask, computations, reuses, size } = open(64 * 1024);
  const answer = async (key: string, text: string) => {
    const asked = ask(key);
    await settle();
    computations.at(-1)?.end(text);
    expect(textOf(await asked)).toBe(text);
    expect(size().bytes).toBeLessThanOrEqual(64 * 1024);
  };
  await answer('large', 'x'.repeat(8 * 1024));
  expect(size()).toEqual({ entries: 0, bytes: 0, evicted: 0 });
  for (let at = 0; at < 20; at++) await answer(`key ${at}`, 'é'.repeat(2048));
  // 1 kB for each entry, and two bytes for each letter.
  expect(size()).toEqual({ entries: 12, bytes: 12 * 5 * 1024, evicted: 8 });
  reuses.length = 0;
  expect(textOf(await ask('key 19'))).toHaveLength(2048);
  await answer('key 0', 'again');
  expect(reuses).toEqual(['kept', 'computed']);
});
