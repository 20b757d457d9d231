import { expect, test } from 'vitest';
import { mutationsIn } from '../../src/web/fetcher.ts';

const push = 'mutation Push { first: pushMetrics(input: {}) { id } ...More }';
const read = 'query Read { dataStatus { build } }';

test.each([
  ['a mutation', push, undefined, ['pushMetrics', 'a fragment']],
  ['a query', read, undefined, []],
  ['the mutation of a document', `${read} ${push}`, 'Push', ['pushMetrics', 'a fragment']],
  ['the query of a document', `${read} ${push}`, 'Read', []],
  ['a document without a chosen operation', `${read} ${push}`, undefined, ['pushMetrics', 'a fragment']],
  ['what the service refuses', 'mutation {', undefined, []],
])('%s', (_name, query, operationName, expected) => {
  expect(mutationsIn({ query, operationName })).toEqual(expected);
});
