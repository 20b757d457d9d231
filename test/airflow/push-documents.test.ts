import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { errorCodes } from '../../src/errors.ts';

const root = join(import.meta.dirname, '../..');
const schema = buildSchema(readFileSync(join(root, 'src/schema/schema.graphql'), 'utf8'));
const pushTask = readFileSync(join(root, 'warehouse/airflow/dags/attribution_push.py'), 'utf8');

/** The operations in the advice of errors, as in the message: an f-string doubles braces and has placeholders. */
const advised = [...pushTask.matchAll(/(f?)'((?:query|mutation) .*\})(?=['.])/g)].map(([, format, text = '']) =>
  format === 'f' ? text.replaceAll(/([{}])\1/g, '$1').replaceAll('{run_id}', 'p1') : text,
);

test('operations that an error advises fit the schema', () => {
  expect(advised.map((operation) => /\w+(?=\()/.exec(operation)?.[0]).sort()).toEqual(['pushMetrics', 'retryPush']);
  for (const operation of advised) {
    expect(
      validate(schema, parse(operation)).map(({ message }) => message),
      operation,
    ).toEqual([]);
  }
});

test('errors that the service advises to retry are retried', () => {
  const source = readFileSync(join(root, 'warehouse/airflow/dags/attribution_graphql.py'), 'utf8');
  const transient = [...(/^TRANSIENT = \{(.+)\}$/m.exec(source)?.[1] ?? '').matchAll(/"(\w+)"/g)].map(
    ([, code]) => code,
  );
  const advice = /\b(Retry after Retry-After|retry later|only one runs at a time)\b/;
  expect(transient).toEqual(
    Object.entries(errorCodes)
      .filter(([, meaning]) => advice.test(meaning))
      .map(([code]) => code)
      .sort(),
  );
});

test.each(['SUBMIT', 'RESULT'])("the DAG's operation %s fits the schema", (name) => {
  const document = pushTask.match(new RegExp(`^${name} = ("""|")(.+?)\\1$`, 'ms'))?.[2] ?? '';
  expect(validate(schema, parse(document)).map(({ message }) => message)).toEqual([]);
});
