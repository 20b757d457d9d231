import { formatResult } from '@graphiql/toolkit';
import { expect, test } from 'vitest';
import { Answers } from '../../src/web/results/answers.ts';
import { schema } from './answer-of.ts';

const answer = (id: string) => ({ data: { a: [{ id, at: '2026-01-01' }] } });
const query = 'query Q { a: conversions { nodes { id } } } query Other { other: dataStatus { build } }';
const typed = { data: { a: { nodes: [{ id: '7' }] } } };

test('an answer has the types of the operation that was sent, and is read once', () => {
  const answers = new Answers();
  answers.add(typed, { query, operationName: 'Q' });
  const read = answers.of(formatResult(typed), schema);
  expect(read?.lists[0]).toMatchObject({ name: 'a', type: 'Conversion' });
  expect(answers.of(formatResult(typed), schema)).toBe(read);
  // Its arguments are known without a schema, too.
  expect(answers.of(formatResult(typed), null)?.lists[0]).toMatchObject({ hasBounds: false, timeZone: 'UTC' });
  // The schema can be loaded later than an answer.
  expect(answers.of(formatResult(typed), null)?.lists[0]?.type).toBeNull();
  expect(answers.of(formatResult(typed), schema)?.lists[0]?.type).toBe('Conversion');
});

test('an answer says from when its build is, unless it has no build', () => {
  const answers = new Answers();
  const asOf = (extensions: object) => answers.of(formatResult({ ...typed, extensions }), null)?.asOf;
  expect(asOf({ data: { asOf: '2026-01-01T00:00:01.000000Z' } })).toBe(Date.UTC(2026, 0, 1, 0, 0, 1));
  expect([asOf({}), asOf({ data: { asOf: null } }), asOf({ data: 'x' })]).toEqual([null, null, null]);
});

test('answers that are read by turns are read once each, and have different keys', () => {
  const answers = new Answers();
  const texts = ['1', '2'].map((id) => formatResult(answer(id)));
  const read = texts.map((text) => answers.of(text, null));
  expect(texts.map((text) => answers.of(text, null)?.key)).toEqual(read.map((each) => each?.key));
  expect(texts.map((text) => answers.of(text, null)?.lists)).toEqual(read.map((each) => each?.lists));
  expect(new Set(read.map((each) => each?.key)).size).toBe(2);
});

test('what was sent is kept for the answers in tabs, and for those that were used last', () => {
  const sent = { query: 'query Q { a: conversions { nodes { id } } }' };
  const data = (id: number) => ({ data: { a: { nodes: [{ id: String(id) }] } } });
  const isKept = (answers: Answers, id: number) =>
    answers.of(formatResult(data(id)), schema)?.lists[0]?.type === 'Conversion';
  const answers = new Answers();
  answers.add(data(1), sent);
  answers.add(data(2), sent);
  answers.add(data(3), sent);
  answers.show([formatResult(data(1))]);
  for (let id = 10; id < 30; id += 1) {
    answers.add(data(id), sent);
    isKept(answers, 2);
  }
  expect([1, 2, 3, 29].map((id) => isKept(answers, id))).toEqual([true, true, false, true]);
});

test('the same answer to another operation is read again', () => {
  const answers = new Answers();
  answers.add(typed, { query });
  const first = answers.of(formatResult(typed), schema);
  answers.add(typed, { query: '{ a: iterations { nodes { id } } }' });
  const second = answers.of(formatResult(typed), schema);
  expect(second?.lists[0]?.type).toBe('Iteration');
  expect(second?.key).not.toBe(first?.key);
});

test('the messages of errors are there, and a text that is not an answer has none', () => {
  const answers = new Answers();
  const errors = [{ message: 'one' }, { message: 'two' }];
  expect(answers.of(formatResult({ errors }), null)).toMatchObject({ lists: [], problems: ['one', 'two'] });
  expect(answers.of('text', null)).toBeNull();
});
