import type { FastifyRequest } from 'fastify';
import { Kind, parse } from 'graphql';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { CompiledOperations } from '../../src/execution/compiled-operations.ts';
import { KnownOperations } from '../../src/known-operations.ts';
import { buildApiSchema } from '../../src/resolvers/index.ts';

test('an answer with a header that is not expected, of a plugin that was added, is not learned from', async () => {
  const compiled = new CompiledOperations(await buildApiSchema(), 0);
  const query = '{ strategies { totalCount } }';
  const document = parse(query);
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation');
  const signal = new AbortController().signal;
  const operationOfText = compiled.executed(document, operation, { request: { signal } });
  if (!operationOfText) throw new Error('not compiled');
  compiled.remember(operationOfText, query, undefined);

  const known = new KnownOperations(loadConfig({}).limits, compiled);
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: { query },
    outcome: { operation: null, code: null, isRefused: false },
    trustedDocument: null,
  } as unknown as FastifyRequest;
  const expected: readonly (readonly [string, string])[] = [
    ['content-type', 'application/json; charset=utf-8'],
    ['cache-control', 'no-store'],
  ];
  const answer = () =>
    known.answer(request, () => {
      throw new Error('begins to answer');
    });
  for (const headers of [
    [...expected, ['x-other', '1'] as const],
    expected.slice(0, 1),
    [...expected.slice(0, 1), ['cache-control', 'private'] as const],
  ]) {
    known.learn(request, { headers: new Map(headers), text: '' });
    expect(await answer()).toBeNull();
  }
  known.learn(request, { headers: new Map(expected), text: '' });
  await expect(answer()).rejects.toThrow('begins to answer');
});
