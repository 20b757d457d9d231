import { describe, expect, test } from 'vitest';
import { chartNotes, chartTitle } from '../../src/web/results/chart-text.ts';
import { inRows, pictureName, wrapped, xmlText } from '../../src/web/results/picture-layout.ts';
import { timeNote } from '../../src/web/results/time-note.ts';
import { timelineOf } from '../../src/web/results/timeline-model.ts';
import { timelineLegend, timelineNote, timelineTitle } from '../../src/web/results/timeline-text.ts';
import { byDay, byDayData, listsIn } from './answer-of.ts';

const measure = (text: string) => text.length;

describe('a picture', () => {
  test('breaks texts between words, and has words that are longer than a line', () => {
    expect(wrapped('one two  three incomprehensibilities', 9, measure)).toEqual([
      'one two',
      'three',
      'incomprehensibilities',
    ]);
    expect(wrapped('', 9, measure)).toEqual([]);
  });

  test.each([
    ['<text>a\u0000b\u001fc\u007f</text>', '<text>a b c </text>'],
    ['half \ud83d, whole 😀, \uffff', 'half \ufffd, whole 😀,  '],
    ['a\tb\nc', 'a\tb\nc'],
  ])('has no characters that XML does not allow: %j', (text, allowed) => {
    expect(xmlText(text)).toBe(allowed);
    expect(encodeURIComponent(xmlText(text))).not.toBe('');
  });

  test('puts a legend in as many rows as it needs, below labels of several lines', () => {
    const items = [4, 4, 30, 4].map((width, index) => ({ width, lines: index === 1 ? 2 : 1 }));
    expect(inRows(items, 10, 1)).toEqual({
      places: [
        { x: 0, top: 0 },
        { x: 5, top: 0 },
        { x: 0, top: 2 },
        { x: 0, top: 3 },
      ],
      lines: 4,
    });
    expect(inRows([], 10, 1)).toEqual({ places: [], lines: 0 });
  });

  test.each([
    ['strategy › iterations › daily', 'Chart', 'strategy-iterations-daily-chart.png'],
    ['metrics: totals', 'Chart', 'metrics-totals-chart.png'],
    ['../Größe "DE"\n', 'Timeline', 'größe-de-timeline.png'],
    ['', 'Timeline', 'timeline.png'],
    ['x'.repeat(300), 'Chart', `${'x'.repeat(60)}-chart.png`],
  ])('of %j has a name with the view that every file system takes', (list, view, name) => {
    expect(pictureName(list, view)).toBe(name);
  });

  test.each([
    [false, 'Europe/Berlin', 'Times are UTC.'],
    [true, 'UTC', 'Days are UTC.'],
    [true, 'Europe/Berlin', 'Days are those of Europe/Berlin.'],
    [true, null, 'Days are those of the time zone in the query, or of UTC if it has none.'],
  ])('says the time zone: %j %j', (isByDay, timeZone, note) => {
    expect(timeNote(isByDay, timeZone)).toBe(note);
  });

  test('of a chart says what it shows, and what it leaves out', () => {
    expect(chartTitle({ time: 'day', metric: 'metrics.payout', group: 'name' })).toBe('metrics.payout by day and name');
    const chart = { times: [], isByDay: true, lines: [], omitted: 0, repeated: 0, isSum: true };
    expect(chartNotes(chart)).toEqual([]);
    expect(chartNotes({ ...chart, omitted: 3, repeated: 1_000 })).toEqual([
      'Only the 8 largest of 11 lines are drawn.',
      '1,000 rows have the time of another row of the same line. Their values are added up.',
    ]);
  });

  test('of a timeline says what it shows', () => {
    const timeline = timelineOf(listsIn(byDay, byDayData), 0);
    if (!timeline) throw new Error('no timeline');
    expect(timelineTitle(timeline)).toBe('Timeline of 2 iterations of One');
    expect(timelineNote(timeline)).toBe('Times are UTC.');
    expect(timelineNote({ ...timeline, timeZone: 'Asia/Tokyo' })).toBe('Times are UTC. Days are those of Asia/Tokyo.');
    expect(timelineLegend(timeline).map(({ mark }) => mark)).toEqual(['boundary', 'day', 'rate']);
  });
});

describe('the time zone of a list', () => {
  const data = { metrics: { nodes: [{ day: '2026-01-01', drillDown: { nodes: [{ id: '1' }] } }] } };
  const zones = (zone: string, variables = {}) =>
    listsIn(
      `query Q($zone: TimeZone = "Asia/Tokyo") { metrics(groupBy: [DAY] ${zone}) { nodes { day drillDown { nodes { id } } } } }`,
      data,
      variables,
    ).map(({ timeZone }) => timeZone);

  test.each([
    ['timeZone: "Europe/Berlin"', {}, 'Europe/Berlin'],
    ['timeZone: $zone', { zone: 'Europe/Paris' }, 'Europe/Paris'],
    ['timeZone: $zone', {}, 'Asia/Tokyo'],
    ['timeZone: $zone', { zone: null }, 'UTC'],
    ['', {}, 'UTC'],
  ])('is that of the query: %s %j', (zone, variables, expected) => {
    expect(zones(zone, variables)[0]).toBe(expected);
  });
});
