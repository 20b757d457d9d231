import fc from 'fast-check';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { maxSavedNameLength, maxSavedTextLength } from '../../src/config/limits.ts';
import { BadUserInput, DomainError } from '../../src/errors.ts';
import { checkDocument } from '../../src/limits/document-limits.ts';
import { checkSavedDocument } from '../../src/saved-queries/check-document.ts';
import { savedName } from '../../src/saved-queries/check-name.ts';
import { checkSavedVariables } from '../../src/saved-queries/check-variables.ts';

const schema = buildSchema('type Query { a(b: Int): Query c: Int }');
const limits = { maxTokens: 60, maxDepth: 5, maxFields: 12, maxAliases: 3, maxDirectives: 2 };

const problemOf = (check: () => unknown): string | null => {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof BadUserInput) return error.message;
    throw error;
  }
};

/** Limits that each decide some of the runs. */
const someLimits = fc.record({
  maxTokens: fc.integer({ min: 5, max: 100 }),
  maxDepth: fc.integer({ min: 1, max: 5 }),
  maxFields: fc.integer({ min: 1, max: 12 }),
  maxAliases: fc.nat({ max: 4 }),
  maxDirectives: fc.nat({ max: 4 }),
});

/** Valid queries, some of them beyond the limits. */
const selections = fc.letrec<{ selection: string; field: string }>((tie) => ({
  selection: fc.array(tie('field'), { minLength: 1, maxLength: 5 }).map((fields) => `{ ${fields.join(' ')} }`),
  field: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.constantFrom('c', 'x: c', 'c @skip(if: true)'),
    fc.tuple(fc.constantFrom('a', 'y: a', 'a(b: 1)'), tie('selection')).map((parts) => parts.join(' ')),
  ),
})).selection;

test('a valid query is saved if, and only if, it is within the limits of every document', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(selections, someLimits, (text, limits) => {
      // Within the limits, only the same field with different arguments makes one invalid.
      const problem = problemOf(() => checkSavedDocument(text, schema, limits));
      let beyond: string | null = null;
      try {
        checkDocument(text, limits);
      } catch (error) {
        beyond = (error as DomainError).message;
      }
      if (beyond !== null) expect(problem).toBe(`input.document: ${beyond}`);
      else expect(problem ?? '').toMatch(/^$|^input\.document: Fields ".*" conflict/);
      seen.add(/\d+ (\w+)/.exec(beyond ?? '')?.[1] ?? 'valid');
    }),
    // The seed makes it sure that every limit is met.
    { numRuns: 300, seed: 1 },
  );
  expect([...seen].toSorted()).toEqual(['aliases', 'directives', 'fields', 'nested', 'tokens', 'valid']);
});

test('the limit of characters is exact', () => {
  const { document } = loadConfig({}).limits;
  const text = (length: number) => `{ c } #${'x'.repeat(length - 7)}`;
  expect(problemOf(() => checkSavedDocument(text(maxSavedTextLength), schema, document))).toBeNull();
  expect(problemOf(() => checkSavedDocument(text(maxSavedTextLength + 1), schema, document))).toContain('20,001');
  const variables = (length: number) => `{"a":"${'x'.repeat(length - 8)}"}`;
  expect(checkSavedVariables(variables(maxSavedTextLength))).toHaveLength(maxSavedTextLength);
  expect(problemOf(() => checkSavedVariables(variables(maxSavedTextLength + 1)))).toContain('20,001');
});

test('a name has no invisible characters, and one form', () => {
  const nameOf = (name: string) => problemOf(() => savedName(name)) ?? savedName(name);
  expect(nameOf(' \ufeffcafe\u0301\u00a0')).toBe('caf\u00e9');
  expect(nameOf('Größe 🎲 ❤️ שלום')).toBe('Größe 🎲 ❤️ שלום');
  expect(nameOf(' \n')).toBe('input.name: must not be blank');
  for (const code of [
    '000A',
    '0085',
    '00AD',
    '061C',
    '200B',
    '200D',
    '2028',
    '202E',
    '2066',
    'FEFF',
    'E0041',
    '034F',
    '3164',
    'FE0F',
    'E000',
  ]) {
    const name = `a${String.fromCodePoint(Number.parseInt(code, 16))}b`;
    expect(nameOf(name)).toBe(
      `input.name: must have no line breaks, control or invisible characters; it has U+${code}`,
    );
  }
  expect(nameOf(` ${'e\u0301'.repeat(maxSavedNameLength)} `)).toBe('é'.repeat(maxSavedNameLength));
  expect(nameOf('x'.repeat(maxSavedNameLength + 1))).toBe('input.name: must have at most 100 characters; it has 101');
  // A letter of which NFC makes two.
  expect(nameOf('\u0958'.repeat(maxSavedNameLength))).toContain('it has 200');
});

test('the longest chain of fragments is refused, or valid', () => {
  const name = (at: number) => `f${at.toString(36)}`;
  // As long as the limit of characters allows.
  const length = 660;
  const chain = Array.from({ length }, (_, at) => `fragment ${name(at)} on Query{...${name(at + 1)}}`);
  const text = `{...f0}${chain.join('')}fragment ${name(length)} on Query{c}`;
  expect(text.length).toBeGreaterThan(maxSavedTextLength * 0.95);
  const wide = { ...limits, maxTokens: 100_000, maxFields: 10_000 };
  expect(problemOf(() => checkSavedDocument(text, schema, wide)) ?? '').toMatch(/^$|nested too deeply/);
});

test('variables are any JSON object, and stay as they are', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('', ' ', '\n'), (json, blank) => {
      const text = `${blank}${json}${blank}`;
      const value: unknown = JSON.parse(json);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        expect(checkSavedVariables(text)).toBe(text);
      } else {
        expect(problemOf(() => checkSavedVariables(text))).toMatch(/^input\.variables: must be a JSON object/);
      }
    }),
  );
  for (const none of [null, '', ' \n']) expect(checkSavedVariables(none)).toBeNull();
});

test('any other text is refused, not a crash', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[{}[\]":,0-9a]{0,30}$/)), (text) => {
      problemOf(() => checkSavedVariables(text));
      problemOf(() => checkSavedDocument(text, schema, limits));
    }),
    { numRuns: 200 },
  );
});
