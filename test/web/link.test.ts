import { expect, test } from 'vitest';
import { LinkError, linkedOperation, linkTo } from '../../src/web/link.ts';

const page = 'http://127.0.0.1:4000/graphiql/#old';
const operation = {
  query: '# Größe? 100 %\nquery Q($id: ID!) { strategy(id: $id) { name } }',
  variables: '{"id": "a&b=c#d"}',
  view: 'Chart',
  choices: { list: 'a › b', metric: 'metrics.payout', time: 'day', group: null },
} as const;

test('a link has the operation in its fragment only, and opens it unchanged', () => {
  const link = linkTo(operation, page);
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:4000\/graphiql\/#query=/);
  expect(linkedOperation(new URL(link).hash)).toEqual(operation);
  const plain = { query: '{ dataStatus { build } }', variables: '', view: 'JSON', choices: {} } as const;
  expect(linkedOperation(new URL(linkTo(plain, page)).hash)).toEqual(plain);
});

test('a link that was cut off anywhere is refused, or is none', () => {
  const { hash } = new URL(linkTo(operation, page));
  for (let length = '#query='.length; length < hash.length - 1; length += 1)
    expect(() => linkedOperation(hash.slice(0, length)), hash.slice(0, length)).toThrow(LinkError);
});

test.each(['', '#', '#section', '#variables=%7B%7D'])('%j is no link', (fragment) => {
  expect(linkedOperation(fragment)).toBeNull();
});

test('a link of an earlier version of the page has no choices, and still opens', () => {
  expect(linkedOperation('#query=%7Ba%7D&view=Chart&end=1')).toEqual({
    query: '{a}',
    variables: '',
    view: 'Chart',
    choices: {},
  });
  const lines = { ...operation, choices: { group: 'strategyId' } };
  expect(linkedOperation(new URL(linkTo(lines, page)).hash)?.choices).toEqual(lines.choices);
});

test('an unknown view is shown as JSON', () => {
  expect(linkedOperation('#query=%7Ba%7D&view=Cake&end=1')?.view).toBe('JSON');
});

test('what could not be opened is not copied', () => {
  expect(() => linkTo({ ...operation, query: '{ dataStatus {' }, page)).toThrow('not valid GraphQL');
  expect(() => linkTo({ ...operation, variables: 'x'.repeat(20_000) }, page)).toThrow('too long');
});
