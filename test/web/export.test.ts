import { expect, test } from 'vitest';
import { fileName, RowCounter } from '../../src/web/results/export.ts';

/** The count after each part. */
function counts(format: 'csv' | 'ndjson', parts: readonly string[]): number[] {
  const counter = new RowCounter(format);
  return parts.map((part) => {
    counter.add(new TextEncoder().encode(part));
    return counter.count;
  });
}

test('lines of NDJSON are rows', () => {
  expect(counts('ndjson', ['{"a":"\\"\\n"}\n{"a"', ':1}\n', ''])).toEqual([1, 2, 2]);
});

test('lines of CSV are rows, but not the header, nor line breaks between quotes', () => {
  expect(counts('csv', ['id,na', 'me\r\n', '1,"two\nlines, ""quo', 'ted""\r\n"\r\n', '2,\r\n'])).toEqual([
    0, 0, 0, 1, 2,
  ]);
});

test('the name of the file is that of the service, without folders', () => {
  expect(fileName('attachment; filename="conversions-build-42.csv"')).toBe('conversions-build-42.csv');
  expect(fileName('attachment; filename="../../x"')).toBeNull();
  expect(fileName(null)).toBeNull();
});
