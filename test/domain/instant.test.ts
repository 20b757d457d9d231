import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  dayNumber,
  dayText,
  endOfPeriod,
  exactMicroseconds,
  instantFromDate,
  instantFromMicroseconds,
  instantFromPostgres,
  instantOrNull,
  isDay,
  isInstant,
  isStoredInstant,
  parseInstant,
  secondsBetween,
} from '../../src/domain/instant.ts';

describe('parseInstant', () => {
  test.each([
    ['2026-01-08T10:18:24.372261Z', '2026-01-08T10:18:24.372261Z'],
    ['2026-01-08T10:18:24Z', '2026-01-08T10:18:24.000000Z'],
    ['2026-01-08t10:18:24.3z', '2026-01-08T10:18:24.300000Z'],
    ['2026-01-08 10:18:24.372261+00', '2026-01-08T10:18:24.372261Z'],
    ['2026-01-08T01:18:24.000001+02:30', '2026-01-07T22:48:24.000001Z'],
    ['2025-12-31T23:59:59.999999-05:00', '2026-01-01T04:59:59.999999Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
  ])('%s is %s', (text, instant) => {
    expect(parseInstant(text)).toBe(instant);
  });

  test.each([
    '',
    'now',
    '2026-01-08',
    '2026-01-08T10:18:24',
    '2026-01-08T10:18Z',
    '2026-13-01T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-01-08T24:00:00Z',
    '2026-01-08T10:60:00Z',
    '2026-01-08T10:18:60Z',
    '2026-01-08T10:18:24.3722615Z',
    '2026-01-08T10:18:24.Z',
    '2026-01-08T10:18:24+25:00',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    ' 2026-01-08T10:18:24Z',
    '2026-01-08T10:18:24Z\n',
  ])('rejects %j', (text) => {
    expect(parseInstant(text)).toBeNull();
  });

  test('agrees with Date on every instant and offset, and keeps the microseconds', () => {
    const millisecond = fc.integer({ min: Date.UTC(1, 0, 2), max: Date.UTC(9998, 0, 1) });
    fc.assert(
      fc.property(
        millisecond,
        fc.integer({ min: 0, max: 999 }),
        fc.integer({ min: -720, max: 720 }),
        (ms, us, offset) => {
          const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
          const sign = offset < 0 ? '-' : '+';
          const minutes = Math.abs(offset);
          const two = (value: number) => String(value).padStart(2, '0');
          const text = `${local}${String(us).padStart(3, '0')}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
          expect(parseInstant(text)).toBe(`${new Date(ms).toISOString().slice(0, -1)}${String(us).padStart(3, '0')}Z`);
        },
      ),
    );
  });

  test('text order is time order', () => {
    const date = fc.date({ min: new Date('0001-01-02'), max: new Date('9998-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(date, date, (a, b) => {
        expect(instantFromDate(a) < instantFromDate(b)).toBe(a.getTime() < b.getTime());
      }),
    );
  });
});

test.each([
  ['2026-01-08 10:18:24+00', '2026-01-08T10:18:24.000000Z'],
  ['2026-01-08 10:18:24.37+00', '2026-01-08T10:18:24.370000Z'],
  ['2026-01-08 10:18:24.372261+00', '2026-01-08T10:18:24.372261Z'],
  ['2026-01-08 12:18:24.372261+02', '2026-01-08T10:18:24.372261Z'],
  ['2026-01-08 15:48:24.372261+05:30', '2026-01-08T10:18:24.372261Z'],
  // Before standard time, offsets had seconds.
  ['1900-01-01 00:19:32.000001+00:19:32', '1900-01-01T00:00:00.000001Z'],
  ['1883-11-18 12:03:57-04:56:02', '1883-11-18T16:59:59.000000Z'],
  ['0001-01-01 00:00:00+00:19:32', '0001-01-01 00:00:00+00:19:32'],
  ['9999-12-31 23:59:59-00:00:01', '9999-12-31 23:59:59-00:00:01'],
  ['infinity', 'infinity'],
  ['-infinity', '-infinity'],
  ['0044-03-15 00:00:00+00 BC', '0044-03-15 00:00:00+00 BC'],
  ['12026-01-08 10:18:24+00', '12026-01-08 10:18:24+00'],
])('PostgreSQL writes %s, the wire %s', (text, instant) => {
  expect(instantFromPostgres(text)).toBe(instant);
});

test('only the canonical form is an instant, and only a day of four digits a day', () => {
  const canonical = '2026-01-08T10:18:24.372261Z';
  const others = [
    'infinity',
    '58133-01-02 03:04:05.678901+00',
    '0044-03-15 00:00:00+00 BC',
    '0000-01-01T00:00:00.000000Z',
    // As long as the canonical form.
    '10000-01-08 10:18:24.372+00',
  ];
  expect([canonical, ...others].filter(isInstant)).toEqual([canonical]);
  expect([canonical, ...others].filter(isStoredInstant)).toEqual([canonical]);
  expect([canonical, null, ...others].map(instantOrNull)).toEqual([canonical, ...[null, ...others].map(() => null)]);
  expect(['2026-01-08', 'infinity', '58133-01-02', '0044-03-15 BC', '0000-01-01'].filter(isDay)).toEqual([
    '2026-01-08',
  ]);
});

test('seconds between instants', () => {
  expect(secondsBetween('2026-01-01T00:00:00.000000Z', '2026-01-01T00:01:00.000000Z')).toBe(60);
  expect(secondsBetween('2026-01-01T00:00:00.500000Z', '2026-01-01T00:00:01.000000Z')).toBe(0);
  expect(secondsBetween('2026-01-01T00:01:00.000000Z', '2026-01-01T00:00:00.000000Z')).toBe(-60);
});

test.each([
  ['2026-02-28', 'day', '2026-03-01T00:00:00.000000Z'],
  ['2026-12-31T23:00:00.000000Z', 'hour', '2027-01-01T00:00:00.000000Z'],
  ['9999-12-31', 'day', null],
  ['infinity', 'day', null],
  ['infinity', 'hour', null],
] as const)('the period from %s, a %s, ends at %s', (start, unit, end) => {
  expect(endOfPeriod(start, unit)).toBe(end);
});

describe('numbers', () => {
  test('microseconds are exact, and lead back to the instant', () => {
    const [from, to] = [Date.UTC(1685, 0, 1), Date.UTC(2254, 0, 1)];
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), fc.integer({ min: 0, max: 999 }), (milliseconds, rest) => {
        const text = `${new Date(milliseconds).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
        const value = exactMicroseconds(text);
        expect(value).toBe(milliseconds * 1000 + rest);
        expect(instantFromMicroseconds(value ?? 0)).toBe(text);
      }),
    );
  });

  test.each(['0001-01-01T00:00:00.000000Z', '1600-01-01T00:00:00.000001Z', '9999-12-31T23:59:59.999999Z'])(
    'an instant whose microseconds are not exact has none: %s',
    (instant) => {
      expect(exactMicroseconds(instant)).toBeNull();
    },
  );

  test('days, and those that the calendar does not have', () => {
    expect(dayNumber('1970-01-01')).toBe(0);
    expect(dayNumber('1969-12-31')).toBe(-1);
    expect([dayNumber('2026-02-29'), dayNumber('2026-13-01'), dayNumber('2026-00-10')]).toEqual([null, null, null]);
    fc.assert(
      fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), (number) => {
        expect(dayNumber(dayText(number))).toBe(number);
      }),
    );
  });
});
