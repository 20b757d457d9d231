import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse, specifiedRules, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { readExamples } from '../support/service.ts';

const schema = buildSchema(readFileSync(join(import.meta.dirname, '../../src/schema/schema.graphql'), 'utf8'));

describe.each(readExamples())('the example $file', ({ name, query, variables }) => {
  test('is valid against the schema', () => {
    expect(validate(schema, parse(query), specifiedRules).map((error) => error.message)).toEqual([]);
  });

  test('is one named operation whose comment has the question it answers', () => {
    const { definitions } = parse(query);
    expect(definitions).toHaveLength(1);
    expect(definitions[0]).toMatchObject({ name: { value: name } });
    expect(query.split(/\n(?:query|mutation) /)[0]).toMatch(/^# .*\?$/m);
  });

  test('has values for exactly the variables it declares', () => {
    const [definition] = parse(query).definitions;
    const declared = definition?.kind === 'OperationDefinition' ? (definition.variableDefinitions ?? []) : [];
    expect(Object.keys(variables).sort()).toEqual(declared.map(({ variable }) => variable.name.value).sort());
  });
});
