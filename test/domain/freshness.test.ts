import { describe, expect, test } from 'vitest';
import { ageInWords, finalityOf, freshness } from '../../src/domain/freshness.ts';

const limits = { build: 60, mirror: 60, events: 60, clicks: 60 };
const now = new Date('2026-03-01T12:00:00Z');
const sources = {
  asOf: '2026-03-01T11:30:00.000000Z',
  mirrorRefreshedAt: '2026-03-01T11:20:00.000000Z',
  eventsLoadedThrough: '2026-03-01T11:25:00.000000Z',
  clicksLoadedThrough: '2026-03-01T11:10:00.000001Z',
};

test('data is not stale up to its limit', () => {
  expect(freshness(sources, now, limits)).toEqual({
    lagSeconds: expect.closeTo(50 * 60, 0),
    finalThrough: '2026-03-01T11:10:00.000001Z',
    isStale: false,
    staleReasons: [],
  });
});

test.each([
  ['exactly at its limit is not stale', 0, false],
  ['less than a minute beyond its limit is not stale, as ages are in whole minutes', 59, false],
  ['one minute beyond its limit is stale', 60, true],
] as const)('data %s', (_name, seconds, isStale) => {
  const present = new Date(Date.parse(sources.asOf) + (limits.build * 60 + seconds) * 1000);
  const same = {
    mirrorRefreshedAt: sources.asOf,
    eventsLoadedThrough: sources.asOf,
    clicksLoadedThrough: sources.asOf,
  };
  expect(freshness({ ...sources, ...same }, present, limits).isStale).toBe(isStale);
});

test.each([
  ['build', 'The build'],
  ['mirror', 'The mirror'],
  ['events', 'The latest event'],
  ['clicks', 'The latest click'],
] as const)('each source has its own limit: %s', (source, words) => {
  const { isStale, staleReasons } = freshness(sources, now, { ...limits, [source]: 5 });
  expect(isStale).toBe(true);
  expect(staleReasons).toHaveLength(1);
  expect(staleReasons[0]).toContain(words);
  expect(staleReasons[0]).toContain('the limit is 5 minutes');
});

test('a limit of one minute is in the singular', () => {
  const limit = { ...limits, build: 1 };
  const twoMinutesOn = new Date(Date.parse(sources.asOf) + 2 * 60_000);
  expect(freshness(sources, twoMinutesOn, limit).staleReasons[0]).toMatch(
    /is 2 minutes old .*; the limit is 1 minute\.$/,
  );
});

test('a source of unknown age is stale, and then nothing is final', () => {
  const { isStale, staleReasons, finalThrough, lagSeconds } = freshness(
    { ...sources, mirrorRefreshedAt: null },
    now,
    limits,
  );
  expect({ isStale, finalThrough, lagSeconds }).toEqual({ isStale: true, finalThrough: null, lagSeconds: null });
  expect(staleReasons).toEqual(["The mirror of AdSuite's tables has an unknown age."]);
});

test('nothing after as_of of the build is final', () => {
  const asOf = '2026-03-01T11:00:00.000000Z';
  expect(freshness({ ...sources, asOf }, now, limits).finalThrough).toBe(asOf);
});

test('without as_of of the build nothing is final', () => {
  expect(freshness({ ...sources, asOf: null }, now, limits)).toMatchObject({
    ...{ isStale: true, finalThrough: null, staleReasons: ['The build has an unknown age.'] },
  });
});

test('data that a faster clock has loaded has no negative lag', () => {
  const present = new Date('2026-03-01T11:00:00Z');
  expect(freshness(sources, present, limits)).toMatchObject({ lagSeconds: 0, isStale: false });
});

test.each([
  [0, '0 minutes'],
  [1, '1 minute'],
  [119, '119 minutes'],
  [120, '2 hours'],
  [179, '2 hours'],
  [48 * 60 - 1, '47 hours'],
  [48 * 60, '2 days'],
  [72 * 60 - 1, '2 days'],
] as const)('an age of %i minutes is %s', (minutes, words) => {
  expect(ageInWords(minutes)).toBe(words);
});

test('before the first build', () => {
  expect(freshness(null, now, limits)).toMatchObject({ isStale: true, finalThrough: null });
});

describe('finality of a group', () => {
  const through = '2026-01-10T12:00:00.000000Z';
  test.each([
    ['a period that ended before', ['2026-01-10T00:00:00.000000Z'], true, '2026-01-10T00:00:00.000000Z'],
    ['a period that ends exactly then', [through], true, through],
    ['a period that ends a microsecond later', ['2026-01-10T12:00:00.000001Z'], false, through],
    [
      'the shorter of two periods',
      ['2026-01-11T00:00:00.000000Z', '2026-01-09T00:00:00.000000Z'],
      true,
      '2026-01-09T00:00:00.000000Z',
    ],
    ['no period', [], false, through],
  ])('%s', (_name, ends, isFinal, finalThrough) => {
    expect(finalityOf(ends, through)).toEqual({ finalThrough, isFinal });
  });

  test('is unknown if that of the build is', () => {
    expect(finalityOf(['2026-01-10T00:00:00.000000Z'], null)).toEqual({ finalThrough: null, isFinal: false });
  });
});
