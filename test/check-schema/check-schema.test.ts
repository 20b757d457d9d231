import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { breakingChanges, invalidDocuments } from '../../scripts/check-schema/compare.ts';
import { airflowDocuments, knownDocuments } from '../../scripts/check-schema/known-documents.ts';
import { idOfDocument } from '../../src/documents/manifest.ts';
import { documentsFolder } from '../support/documents.ts';
import { readExamples } from '../support/service.ts';

const root = join(import.meta.dirname, '../..');
const schemaText = readFileSync(join(root, 'src/schema/schema.graphql'), 'utf8');
const documents = knownDocuments();

/** The schema with a change. */
function changed(from: RegExp, to: string): string {
  const text = schemaText.replace(from, to);
  expect(text).not.toBe(schemaText);
  return text;
}

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('node', [join(root, 'scripts/check-schema.ts'), ...args], {
    encoding: 'utf8',
  });
  return { status, output: `${stdout}${stderr}` };
}

/** Runs the check on a schema, as CI does. */
const runOn = (text: string) => run('--schema', join(documentsFolder({ 'schema.graphql': text }), 'schema.graphql'));

describe('known documents', () => {
  test('are those of GraphiQL, Airflow, the documentation and the stack, and fit the schema', () => {
    const places = Map.groupBy(documents, ({ where }) => where);
    expect(places.get('contracts/documents/graphiql.json')).toHaveLength(readExamples().length);
    expect(places.get('contracts/documents/airflow.json')).toHaveLength(airflowDocuments().length);
    expect(airflowDocuments()).toHaveLength(2);
    for (const page of ['docs/api.md', 'docs/push.md']) expect(places.has(page), page).toBe(true);
    for (const file of ['assertions', 'changes', 'queries'])
      expect(places.has(`scripts/stack/move/${file}.ts`), file).toBe(true);
    expect(invalidDocuments(buildSchema(schemaText), documents)).toEqual([]);
  });

  test('have the id that docs/api.md shows', () => {
    const shown = readFileSync(join(root, 'docs/api.md'), 'utf8').match(/sha256:[0-9a-f]{64}/g);
    const ids = documents.map(({ text }) => idOfDocument(text));
    expect(shown).toHaveLength(1);
    for (const id of shown ?? []) expect(ids).toContain(id);
  });
});

describe('a breaking change is caught, with what it breaks', () => {
  test.each([
    ['a used field is gone', /^ {2}payout: Decimal!$/m, '  paid: Decimal!', "Field 'payout' was removed"],
    ['a used field is renamed', /^ {2}isStale: /m, '  stale: ', "Field 'isStale' was removed"],
    ['a value of an enum is gone', /^ {2}SHARED_OFFER$/m, '  SHARED', "Enum value 'SHARED_OFFER' was removed"],
    [
      'an argument becomes required',
      /^ {2}pushRun\(\n([\s\S]*?)id: ID!\n/m,
      '  pushRun(\n$1id: ID!\n    by: ID!\n',
      "'by: ID!'",
    ],
  ])('%s', (_, from, to, message) => {
    const { status, output } = runOn(changed(from, to));
    expect(status, output).toBe(1);
    expect(output).toContain(message);
    expect(output).toMatch(/known documents? do(es)? not fit the schema/);
  });

  test('a field that no known document has is named as such', async () => {
    const text = changed(/^type Query \{$/m, 'type Query {\n  extra: Int\n');
    const [removed] = await breakingChanges(buildSchema(text), buildSchema(schemaText), documents);
    expect(removed).toEqual({ message: "Field 'extra' was removed from object type 'Query'", usedBy: [] });
  });

  test('the documents that select it are named', async () => {
    const text = changed(/^ {2}conversionsPerClick: /m, '  rate: ');
    const [removed] = await breakingChanges(buildSchema(schemaText), buildSchema(text), documents);
    expect(removed?.usedBy).toEqual(expect.arrayContaining(['contracts/documents/graphiql.json', 'docs/api.md']));
  });

  test('it can be accepted only if the known documents fit', () => {
    const before = readFileSync(join(root, 'contracts/schema.graphql'), 'utf8');
    const file = join(documentsFolder(), 'schema.graphql');
    writeFileSync(file, changed(/^ {2}isStale: /m, '  stale: '));
    expect(run('--accept', '--schema', file).status).toBe(1);
    expect(readFileSync(join(root, 'contracts/schema.graphql'), 'utf8')).toBe(before);
  });
});

test('additions are no breaking change, and the schema passes', () => {
  const { status, output } = runOn(changed(/^type Query \{$/m, 'type Query {\n  extra: Int\n'));
  expect({ status, output }).toEqual({
    status: 0,
    output: expect.stringMatching(/no breaking change, and fits all \d+ known/),
  });
  expect(run('--help').output).toContain('--accept');
});
