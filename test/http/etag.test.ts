import { expect, test } from 'vitest';
import { etagOf, matches } from '../../src/http/etag.ts';

const tag = etagOf('a', 1);

test('a tag follows from all parts, and nothing else', () => {
  expect(etagOf('a', 1)).toBe(tag);
  const others = [etagOf('a'), etagOf('a', '1'), etagOf('a1'), etagOf(1, 'a'), etagOf(['a', 1]), etagOf('a', 1, null)];
  expect(new Set([tag, ...others]).size).toBe(7);
});

test.each([
  [tag, true],
  [tag.slice(2), true],
  ['*', true],
  [' * ', true],
  [`"x", ${tag}`, true],
  [`"x",${tag},W/"y"`, true],
  [undefined, false],
  ['', false],
  ['"x"', false],
  [tag.slice(3, -1), false],
  [`${tag}x`, false],
  ['W/', false],
  [','.repeat(10_000), false],
])('If-None-Match: %s', (header, expected) => {
  expect(matches(header, tag)).toBe(expected);
});
