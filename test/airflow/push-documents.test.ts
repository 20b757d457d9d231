import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const schema = buildSchema(readFileSync(join(root, 'src/schema/schema.graphql'), 'utf8'));
const pushTask = readFileSync(join(root, 'warehouse/airflow/dags/attribution_push.py'), 'utf8');

test.each(['SUBMIT', 'RESULT'])("the DAG's operation %s fits the schema", (name) => {
  const document = pushTask.match(new RegExp(`^${name} = ("""|")(.+?)\\1$`, 'ms'))?.[2] ?? '';
  expect(validate(schema, parse(document)).map(({ message }) => message)).toEqual([]);
});
