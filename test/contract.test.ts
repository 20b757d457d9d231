import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { errorCodes } from '../src/errors.ts';
import { buildApiSchema } from '../src/resolvers/index.ts';
import { printApiSchema } from '../src/schema/print.ts';

const root = join(import.meta.dirname, '..');
let schema: GraphQLSchema;
beforeAll(async () => {
  schema = await buildApiSchema();
});

test('the committed contract is the schema that the code builds', () => {
  const committed = readFileSync(join(root, 'src/schema/schema.graphql'), 'utf8');
  expect(committed, 'run: npm run schema').toBe(printApiSchema(schema));
});

test('everything that GraphiQL shows has a description', () => {
  const missing: string[] = [];
  const look = (name: string, described: { description?: string | null | undefined }) => {
    if (!described.description?.trim()) missing.push(name);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
    if (type !== schema.getQueryType() && type !== schema.getMutationType()) look(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        look(`${type.name}.${field.name}`, field);
        if ('args' in field) for (const arg of field.args) look(`${type.name}.${field.name}(${arg.name})`, arg);
      }
    }
  }
  expect(missing).toEqual([]);
});

test('docs/api.md lists every error code with its meaning', () => {
  const docs = readFileSync(join(root, 'docs/api.md'), 'utf8');
  const listed = [...docs.matchAll(/^\| `([A-Z_]+)` \| (.+) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
  expect(Object.fromEntries(listed)).toEqual(errorCodes);
});
