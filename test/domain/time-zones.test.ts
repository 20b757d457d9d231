import fc from 'fast-check';
import { expect, test } from 'vitest';
import { daysBefore, instantsOfDays } from '../../src/domain/day-ranges.ts';
import { dayNumber, dayText } from '../../src/domain/instant.ts';
import {
  type HourPeriod,
  hourPeriodsWithin,
  instantsOfDay,
  instantsOfHour,
  isTimeZone,
  localDayOf,
  offsetsOf,
  queriedZone,
} from '../../src/domain/time-zones.ts';
import { localLabels, startOfLocalHour } from '../support/local-time.ts';
import { proofs } from '../support/proofs.ts';

const zones = [
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'America/Havana',
  'Africa/Casablanca',
  'Pacific/Apia',
];
const hours = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 3_600_000;

test('local days equal those of Intl, around each change of the clock and anywhere', () => {
  const times = (zone: string) => {
    const changes = offsetsOf(zone)
      .slice(1)
      .map(({ from }) => from);
    const anywhere = fc.integer({ min: Date.UTC(2000, 0, 2), max: Date.UTC(2099, 11, 30) });
    if (changes.length === 0) return anywhere;
    const near = fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -7_200_000, max: 7_200_000 }))
      .map(([one, by]) => one + by);
    return fc.oneof(anywhere, near);
  };
  const instants = fc.constantFrom(...zones).chain((zone) => fc.tuple(fc.constant(zone), times(zone)));
  fc.assert(
    fc.property(instants, ([zone, time]) => {
      const instant = new Date(time).toISOString();
      const { day } = localLabels(zone, instant);
      expect(localDayOf(zone, instant)).toBe(day);
      const { from, to } = instantsOfDay(zone, day) ?? { from: '', to: '' };
      expect(from <= instant && instant < to).toBe(true);
      const hour = startOfLocalHour(zone, instant);
      const ofHour = instantsOfHour(zone, hour);
      expect(instant < (ofHour?.to ?? '')).toBe(true);
      expect(startOfLocalHour(zone, ofHour?.to ?? '')).toBe(ofHour?.to);
    }),
    { numRuns: proofs(2_000, 300) },
  );
});

/** What SQL computes, in numbers. */
const startOfHour = (periods: readonly HourPeriod[], time: number): number => {
  const { from, minutes, isCut } = periods.findLast((period) => period.from <= time) as HourPeriod;
  const start = Math.floor((time + minutes * 60_000) / 3_600_000) * 3_600_000 - minutes * 60_000;
  return isCut ? Math.max(start, from) : start;
};

test('the hours that SQL finds are those of their bounds, around each change of the clock, in every zone', () => {
  const quarter = 900_000;
  for (const zone of Intl.supportedValuesOf('timeZone').filter(
    (name, index) => index % proofs(1, 20) === 0 || /Chatham|Bishkek|Caracas|Pyongyang|Norfolk/.test(name),
  )) {
    for (const { from: change } of offsetsOf(zone).slice(1)) {
      // As for the rows of the whole range, and for those of one that begins with the change.
      const instant = (time: number) => new Date(time).toISOString().replace('.000Z', '.000000Z');
      const around = hourPeriodsWithin(zone, { from: instant(change - 86_400_000), to: instant(change + 86_400_000) });
      const since = hourPeriodsWithin(zone, { from: instant(change) });
      for (let time = change - 8 * quarter; time <= change + 8 * quarter; time += quarter) {
        const start = startOfHour(around, time);
        const end = Date.parse(instantsOfHour(zone, instant(start))?.to ?? '');
        const context = `${zone} ${instant(time)}`;
        if (
          start > time ||
          end <= time ||
          startOfHour(around, end - quarter) !== start ||
          startOfHour(around, end) !== end
        )
          expect.fail(`${context}: ${instant(start)} to ${instant(end)}`);
        if (time >= change && startOfHour(since, time) !== start)
          expect.fail(`${context} in a range that begins there`);
      }
    }
  }
});

test('days follow each other without a gap, in every zone', () => {
  const all = Intl.supportedValuesOf('timeZone');
  const chosen = all.filter(
    (zone, index) => index % Math.ceil(all.length / proofs(100, 12, all.length)) === 0 || /Casey|St_Johns/.test(zone),
  );
  for (const zone of chosen) {
    expect(
      offsetsOf(zone).every(({ offset, from }) => offset % 15 === 0 && (from === -Infinity || from % 900_000 === 0)),
    ).toBe(true);
    let last = instantsOfDay(zone, '2000-01-01')?.to;
    for (let day = dayNumber('2000-01-02') as number; dayText(day) < '2030-01-01'; day += 1) {
      const range = instantsOfDay(zone, dayText(day));
      expect(range?.from, `${zone} ${dayText(day)}`).toBe(last);
      last = range?.to;
    }
  }
});

test.each([
  ['America/New_York', '2026-03-08', 23],
  ['America/New_York', '2026-11-01', 25],
  ['America/New_York', '2026-07-01', 24],
  ['Australia/Lord_Howe', '2026-04-05', 24.5],
  ['Australia/Lord_Howe', '2026-10-04', 23.5],
  ['Asia/Kathmandu', '2026-03-08', 24],
  // The day that Samoa left out.
  ['Pacific/Apia', '2011-12-30', 0],
])('in %s, %s has %d hours', (zone, day, length) => {
  const { from, to } = instantsOfDay(zone, day) ?? { from: '', to: '' };
  expect(hours(from, to)).toBe(length);
});

test('a change of the clock within a quarter-hour counts from its beginning, so that days are not interrupted', () => {
  // At one minute past midnight, Newfoundland set its clocks back to the day before.
  expect(instantsOfDay('America/St_Johns', '2010-11-07')?.from).toBe('2010-11-07T03:30:00.000000Z');
  expect(localDayOf('America/St_Johns', '2010-11-07T02:30:30.000000Z')).toBe('2010-11-06');
});

test.each(['Asia/Gaza', 'America/Recife', 'Africa/Cairo', 'Africa/Casablanca'])(
  'the search finds the short periods of %s',
  (zone) => {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    const periods = offsetsOf(zone);
    for (let time = Date.UTC(2000, 0, 1, 12); time < Date.UTC(2100, 0, 1); time += 2 * 86_400_000) {
      const offset = periods.findLast(({ from }) => from <= time)?.offset ?? 0;
      const [hour, minute] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
      const text =
        offset === 0
          ? 'GMT'
          : `GMT${offset < 0 ? '-' : '+'}${[hour, minute].map((part) => String(part).padStart(2, '0')).join(':')}`;
      if (!format.format(time).replace('+00:00', '').endsWith(text))
        expect.fail(`${zone} ${new Date(time).toISOString()}: ${text}`);
    }
  },
);

test('all names of a zone share its offsets', () => {
  expect(offsetsOf('us/eastern')).toBe(offsetsOf('America/New_York'));
});

test('names of zones, not offsets, are zones', () => {
  for (const name of ['UTC', 'Europe/Vienna', 'US/Eastern', 'america/new_york', 'Etc/GMT+5'])
    expect(isTimeZone(name), name).toBe(true);
  for (const name of ['', '+01:00', 'Mars/Olympus', 'UTC; select 1', 'Europe/Vienna\n'])
    expect(isTimeZone(name), name).toBe(false);
  expect(['UTC', 'Etc/UTC', 'Africa/Abidjan', null, undefined].map((name) => queriedZone(name))).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
  expect(queriedZone('Europe/London')).toBe('Europe/London');
});

test('the last days are whole ones before an instant', () => {
  expect(daysBefore('America/New_York', '2026-03-01T04:59:59.999999Z', 2)).toEqual({
    fromDay: '2026-02-26',
    toDay: '2026-02-27',
  });
  expect(daysBefore('America/New_York', '2026-03-01T05:00:00.000000Z', 2)).toEqual({
    fromDay: '2026-02-27',
    toDay: '2026-02-28',
  });
  expect(instantsOfDays('America/New_York', { fromDay: '2026-03-08', toDay: null })).toEqual({
    from: '2026-03-08T05:00:00.000000Z',
    to: null,
  });
});
