import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHttpDate, parseRetryAfter } from '../../src/push/adsuite/retry-after.ts';

const now = new Date('2026-02-03T04:05:06.500Z');

test.each([
  ['120', 120_000],
  ['0', 0],
  [' 7 ', 7_000],
  ['8, 8', 8_000],
  ['3,20 , 7', 20_000],
  ['99999999999999999999', 1e12],
  ['9'.repeat(400), 1e12],
  ['Tue, 03 Feb 2026 04:06:06 GMT', 59_500],
  ['Tuesday, 03-Feb-26 04:06:06 GMT', 59_500],
  ['Tue Feb  3 04:06:06 2026', 59_500],
  ['Tue, 03 Feb 2026 04:05:06 GMT', 0],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
  ['Fri, 31 Dec 9999 23:59:59 GMT', 1e12],
])('%j is %d ms', (header, milliseconds) => {
  expect(parseRetryAfter(header, now)).toBe(milliseconds);
});

test.each([
  null,
  '',
  '-5',
  '+5',
  '1.5',
  '8,',
  '8, soon',
  '1e3',
  '0x10',
  'soon',
  'retry 5',
  '5 s',
  '2026-02-03T04:06:06Z',
  'Tue, 3 Feb 2026 04:06:06 GMT',
  'Tue, 30 Feb 2026 04:06:06 GMT',
  'Tue, 03 Feb 2026 24:06:06 GMT',
  'Tue, 03 Feb 2026 04:06:06 CET',
  'Tue, 03 Feb 2026 04:06:06',
])('%j is ignored', (header) => {
  expect(parseRetryAfter(header, now)).toBeNull();
});

test('whole seconds are exact', () => {
  fc.assert(
    fc.property(fc.nat(), (seconds) => parseRetryAfter(String(seconds), now) === Math.min(seconds * 1000, 1e12)),
  );
});

const between = (from: string, to: string) => fc.date({ min: new Date(from), max: new Date(to), noInvalidDate: true });

test('a date in any of the three formats ends the wait exactly then', () => {
  const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
  fc.assert(
    fc.property(between('2000-01-01', '2075-12-31'), between('2026-01-01', '2026-12-31'), (until, at) => {
      const fixed = until.toUTCString();
      const [, day = '', month = '', year = '', time = ''] = /^..., (\d\d) (...) (\d{4}) (\S+) GMT$/.exec(fixed) ?? [];
      const old = `${days[until.getUTCDay()]}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
      const asctime = `${fixed.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`;
      const wholeSeconds = Math.floor(until.getTime() / 1000) * 1000;
      for (const header of [fixed, old, asctime]) {
        expect(parseHttpDate(header, at)?.getTime()).toBe(wholeSeconds);
        expect(parseRetryAfter(header, at)).toBe(Math.min(Math.max(wholeSeconds - at.getTime(), 0), 1e12));
      }
    }),
  );
});

test('any header gives null or a wait of at most 1e12 ms', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+]?\d*\.?\d*$/)), (header) => {
      const wait = parseRetryAfter(header, now);
      expect(wait === null || (wait >= 0 && wait <= 1e12)).toBe(true);
    }),
  );
});
