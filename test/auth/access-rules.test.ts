import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, type GraphQLSchema, type OperationDefinitionNode, parse } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { accessRules, checkAccess, requiredRole } from '../../src/auth/access-rules.ts';
import { Forbidden } from '../../src/auth/errors.ts';
import { includesRole, type Role, roles } from '../../src/auth/roles.ts';
import { buildApiSchema } from '../../src/resolvers/index.ts';
import { isForOperators, rootFields } from '../support/root-fields.ts';

let schema: GraphQLSchema;
beforeAll(async () => {
  schema = await buildApiSchema();
});

/** Whether a caller of the role may run a document. */
function mayRun(of: GraphQLSchema, query: string, role: Role): boolean {
  const document = parse(query);
  const operation = document.definitions.find((node) => node.kind === 'OperationDefinition');
  try {
    checkAccess(accessRules(of, document, operation as OperationDefinitionNode), {
      name: 'a test',
      role,
      keyId: null,
      restrictions: [],
    });
    return true;
  } catch (error) {
    if (error instanceof Forbidden) return false;
    throw error;
  }
}

test('every query is for viewers, every mutation of pushes for operators, as docs/security.md lists', () => {
  const table = rootFields(schema).map(({ kind, field }) => {
    const may = (role: Role) => (mayRun(schema, `${kind} { ${field.name} }`, role) ? 'yes' : 'no');
    return `| \`${field.name}\` | ${kind} | ${roles.map(may).join(' | ')} |`;
  });
  process.stdout.write(`${[`| field | kind | ${roles.join(' | ')} |`, ...table].join('\n')}\n`);
  for (const root of rootFields(schema)) {
    expect(requiredRole(root.field), root.field.name).toBe(isForOperators(root) ? 'operator' : 'viewer');
  }
  const docs = readFileSync(join(import.meta.dirname, '../../docs/security.md'), 'utf8');
  expect(docs.match(/^\| `\w+` \| (?:query|mutation) \| .+$/gm)).toEqual(table);
});

test('a field without a rule, or with an unknown one, is refused for every role', () => {
  for (const { kind, field } of rootFields(schema)) {
    const given = field.extensions;
    for (const extensions of [{}, { requiredRole: undefined }, { requiredRole: 'admin' }, { requiredRole: null }]) {
      field.extensions = extensions;
      for (const role of roles) expect(mayRun(schema, `${kind} { ${field.name} }`, role), field.name).toBe(false);
    }
    field.extensions = given;
  }
});

test('a schema without rules refuses everything but introspection', () => {
  const bare = buildSchema('type Query { a: Int } type Mutation { b: Int }');
  for (const query of ['{ a }', 'mutation { b }']) expect(mayRun(bare, query, 'operator')).toBe(false);
  expect(mayRun(bare, '{ __typename __schema { types { name } } }', 'viewer')).toBe(true);
});

describe('a mutation is refused for a viewer, wherever it is', () => {
  test.each([
    'mutation { cancelPush(runId: "1") { id } }',
    'mutation { dataStatus: cancelPush(runId: "1") { id } }',
    'mutation { __typename cancelPush(runId: "1") { id } }',
    'mutation { ... { ... on Mutation { cancelPush(runId: "1") { id } } } }',
    'mutation { ...a } fragment a on Mutation { ...b } fragment b on Mutation { cancelPush(runId: "1") { id } }',
    'mutation { cancelPush(runId: "1") @skip(if: true) { id } }',
    'mutation { ...a @include(if: false) } fragment a on Mutation { cancelPush(runId: "1") { id } }',
  ])('%s', (query) => {
    expect(mayRun(schema, query, 'viewer')).toBe(false);
    expect(mayRun(schema, query, 'operator')).toBe(true);
  });
});

test('fragments that double at each level take no time', () => {
  const levels = Array.from({ length: 40 }, (_, at) => `fragment f${at} on Query { ...f${at + 1} ...f${at + 1} }`);
  const bomb = `{ ...f0 } ${levels.join(' ')} fragment f40 on Query { dataStatus { build } }`;
  expect(mayRun(schema, bomb, 'viewer')).toBe(true);
});

test('each role may do what the roles before it may', () => {
  expect(roles.map((role) => roles.filter((required) => includesRole(role, required)))).toEqual([
    ['viewer'],
    ['viewer', 'operator'],
  ]);
});
