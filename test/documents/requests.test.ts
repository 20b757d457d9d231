import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '@graphql-codegen/cli';
import { preset } from '@graphql-codegen/client-preset';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { openDocumentStore } from '../../src/documents/document-store.ts';
import { idOfDocument } from '../../src/documents/manifest.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { documentsFolder, manifestOf } from '../support/documents.ts';
import { present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

const byId = 'query One($id: ID!) { strategy(id: $id) { id } }';
const two = 'query A { strategy(id: "1") { id } } query B { strategy(id: "2") { id } }';
const cancel = 'mutation Cancel { cancelPush(runId: "x") { id } }';
const introspection = '{ __schema { queryType { name } } }';
const orders = 'query Orders($field: StrategyOrderField!) { strategies(orderBy: {field: $field}) { totalCount } }';
const outdated = 'query Outdated { strategies { total } }';
const documents = new Map(
  [byId, two, cancel, introspection, orders, outdated].map((text) => [idOfDocument(text), text]),
);

const free = newKey({ name: 'analyst' });
const noIntrospection = newKey({ name: 'guest', restrictions: ['no-introspection'] });
const documentsOnly = newKey({ name: 'backend', restrictions: ['documents-only'] });
const operatorDocuments = newKey({ name: 'job', role: 'operator', restrictions: ['documents-only'] });

let database: TestDatabase;
let service: TestService;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(3), smallWorldAsOf);
  service = await serve(database.target, {
    credentials: {
      keys: keysOf(free, noIntrospection, documentsOnly, operatorDocuments),
      verifyJwt: null,
      now: () => present,
    },
    documents: { find: (id) => documents.get(id) ?? null },
  });
});
afterAll(async () => {
  await service.close();
  await database.close();
});

interface Sent {
  readonly method?: 'GET' | 'POST';
  readonly key?: string;
  readonly to?: TestService;
  readonly headers?: Readonly<Record<string, string>>;
}

async function send(
  parameters: Readonly<Record<string, unknown>> | string,
  { method = 'POST', key = documentsOnly.key, to = service, headers = {} }: Sent = {},
) {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const search = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, text(value)]),
  );
  const response = await fetch(`${to.url}/graphql${method === 'GET' ? `?${search}` : ''}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(method === 'POST' ? { body: text(parameters) } : {}),
  });
  const body = (await response.json()) as {
    data?: unknown;
    errors?: { message: string; extensions: { code: string } }[];
  };
  return {
    status: response.status,
    headers: response.headers,
    data: body.data,
    errors: body.errors?.length ?? 0,
    code: body.errors?.[0]?.extensions.code,
    message: body.errors?.[0]?.message ?? '',
  };
}

describe.each(['POST', 'GET'] as const)('a document id by %s', (method) => {
  test('is executed, with variables and the name of an operation', async () => {
    for (const id of ['1', '3'])
      expect(await send({ documentId: idOfDocument(byId), variables: { id } }, { method })).toMatchObject({
        status: 200,
        data: { strategy: { id } },
      });
    expect(await send({ documentId: idOfDocument(two), operationName: 'B' }, { method })).toMatchObject({
      data: { strategy: { id: '2' } },
    });
  });

  test('that is unknown is one error with 404, which no cache may keep', async () => {
    const answer = await send({ documentId: idOfDocument('{ other }') }, { method });
    expect(answer).toMatchObject({ status: 404, code: 'DOCUMENT_NOT_FOUND', data: undefined, errors: 1 });
    expect(answer.message).toContain('DOCUMENTS_DIR');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test.each(['', 'sha256:', `sha256:${'A'.repeat(64)}`, 'a'.repeat(64), `md5:${'a'.repeat(64)}`, 'x'.repeat(300)])(
    'that is malformed is 400: %s',
    async (documentId) => {
      const answer = await send({ documentId }, { method });
      expect(answer).toMatchObject({ status: 400, code: 'BAD_REQUEST', data: undefined });
      expect(answer.message.length).toBeLessThan(400);
    },
  );

  test('with a query is 400, for any caller', async () => {
    for (const { key } of [free, documentsOnly])
      expect(await send({ documentId: idOfDocument(byId), query: byId }, { method, key })).toMatchObject({
        status: 400,
        code: 'BAD_REQUEST',
        message: 'Send either documentId or query, not both.',
      });
  });

  test('obeys roles, limits, variables and the schema like its text', async () => {
    const ask = (text: string, variables = {}, key = documentsOnly.key) =>
      send({ documentId: idOfDocument(text), variables }, { method, key });
    expect(await ask(byId)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(await ask(outdated)).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' });
    expect(await ask(two)).toMatchObject({ status: 400, code: 'OPERATION_RESOLUTION_FAILURE' });
    const mutation = await ask(cancel, {}, operatorDocuments.key);
    expect(mutation).toMatchObject(
      method === 'GET' ? { status: 405, code: 'BAD_REQUEST' } : { status: 404, code: 'PUSH_NOT_FOUND' },
    );
    if (method === 'POST') expect(await ask(cancel)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });
});

test.each([[1], [true], [['a']], [{}]])('a document id that is not a text is 400: %j', async (documentId) => {
  expect(await send({ documentId })).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
});

test('a document id by GET needs a header against forged requests, like a query', async () => {
  const answer = await fetch(`${service.url}/graphql?documentId=${idOfDocument(two)}&operationName=A`, {
    headers: { authorization: `Bearer ${documentsOnly.key}` },
  });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('potential Cross-Site Request Forgery');
});

test('a trusted document over the limits of documents is refused as a query, however often it has been executed', async () => {
  const { limits } = loadConfig({ MAX_FIELDS: '50', COMPILE_AFTER: '0' });
  const credentials = { keys: keysOf(free, documentsOnly), verifyJwt: null, now: () => present };
  const large = `query Large { strategies(first: 1) { nodes { ${'id '.repeat(60)}} } }`;
  const small = 'query Small { strategies(first: 1) { totalCount } }';
  const texts = new Map([large, small].map((text) => [idOfDocument(text), text]));
  const strict = await serve(database.target, {
    limits,
    credentials,
    documents: { find: (id) => texts.get(id) ?? null },
  });
  try {
    for (let time = 0; time < 4; time += 1) {
      for (const text of [large, small])
        expect(await send({ documentId: idOfDocument(text) }, { to: strict })).toMatchObject({
          status: 200,
          errors: 0,
        });
      const refused = await send({ query: large }, { key: free.key, to: strict });
      expect(refused).toMatchObject({ status: 400, code: 'COST_LIMIT', data: undefined });
      expect(refused.message).toContain('MAX_FIELDS');
      expect(await send({ query: small }, { key: free.key, to: strict })).toMatchObject({ status: 200, errors: 0 });
    }
  } finally {
    await strict.close();
  }
});

test('a service without trusted documents says so', async () => {
  const none = await serve(database.target);
  try {
    const answer = await send({ documentId: idOfDocument(byId) }, { to: none });
    expect(answer).toMatchObject({ status: 404, code: 'DOCUMENT_NOT_FOUND' });
    expect(answer.message).toContain('DOCUMENTS_DIR is not set');
  } finally {
    await none.close();
  }
});

describe('a key for trusted documents only', () => {
  test.each<[string, Readonly<Record<string, unknown>> | string, Sent?]>([
    ['a document of its own', { query: '{ strategy(id: "1") { id } }' }],
    ['the text of a trusted document', { query: byId, variables: { id: '1' } }],
    ['a document by GET', { query: byId }, { method: 'GET' }],
    ['null as id', { documentId: null, query: byId }],
    ['an automatic persisted query', { extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }],
    ['a batch', JSON.stringify([{ query: byId }])],
    ['a batch of ids', JSON.stringify([{ documentId: idOfDocument(byId) }])],
    ['a body that is a text', '"x"'],
    ['no document', '{}'],
    ['introspection', { query: introspection }],
  ])('may not send %s', async (_, parameters, options) => {
    service.takeStatements();
    const answer = await send(parameters, options);
    expect(answer).toMatchObject({ status: 403, code: 'FORBIDDEN', data: undefined });
    expect(answer.message).toContain('send documentId instead of query');
    expect(service.takeStatements()).toEqual([]);
  });

  test('may not read the schema by a trusted document either', async () => {
    expect(await send({ documentId: idOfDocument(introspection) })).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(await send({ documentId: idOfDocument(introspection) }, { key: free.key })).toMatchObject({ status: 200 });
  });

  test('gets no suggestions for the values of its variables', async () => {
    const ask = (key: string) => send({ documentId: idOfDocument(orders), variables: { field: 'NAM' } }, { key });
    const [own, others] = [await ask(documentsOnly.key), await ask(free.key)];
    expect([own.code, others.code]).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT']);
    expect(own.message).toMatch(/Value "NAM" does not exist in "StrategyOrderField" enum\.$/);
    expect(others.message).toMatch(/Did you mean the enum value "NAME"\?$/);
  });
});

describe('a key without introspection', () => {
  const ask = (query: string, key = noIntrospection.key) => send({ query }, { key });

  test.each([
    '{ __schema { types { name } } }',
    '{ __type(name: "Query") { name } }',
    'query { a: __schema { types { name } } dataStatus { build } }',
    '{ ... on Query { ...f } } fragment f on Query { __schema { types { name } } }',
    '{ __schema @skip(if: true) { types { name } } }',
  ])('may not read the schema: %s', async (query) => {
    const answer = await ask(query);
    expect(answer).toMatchObject({ status: 403, code: 'FORBIDDEN', data: undefined });
    expect(answer.message).toContain('may not read the schema');
    expect(await ask(query, free.key)).toMatchObject({ status: 200 });
    // A document that is cached for others is no way around.
    expect(await ask(query)).toMatchObject({ status: 403 });
  });

  test('may send other documents, and __typename', async () => {
    expect(await ask('{ __typename strategy(id: "1") { __typename id } }')).toMatchObject({ status: 200 });
  });

  test.each([
    '{ strategie { id } }',
    '{ strategies { nodes { nam } } }',
    '{ strategies(firs: 1) { totalCount } }',
    '{ strategies(orderBy: {field: NAM}) { totalCount } }',
    '{ strategies(filter: {idss: ["1"]}) { totalCount } }',
    '{ strategies }',
    '{ ... on Quer { dataStatus { build } } }',
  ])('gets no suggestions, others do: %s', async (query) => {
    const [own, others] = [await ask(query), await ask(query, free.key)];
    expect([own.status, others.status]).toEqual([400, 400]);
    expect(own.message).not.toMatch(/did you mean/i);
    expect(others.message).toMatch(/did you mean/i);
  });
});

test('the manifest that the client preset of GraphQL Code Generator writes is accepted, and its ids work', async () => {
  const files = (await generate(
    {
      schema: join(import.meta.dirname, '../../src/schema/schema.graphql'),
      documents: [
        `query FirstStrategy { strategies(first: 1) { nodes { ...Named } } }`,
        'fragment Named on Strategy { id name }',
      ],
      generates: { 'client/': { preset, presetConfig: { persistedDocuments: { hashAlgorithm: 'sha256' } } } },
      silent: true,
    },
    false,
  )) as readonly { filename: string; content: string }[];
  const manifest = files.find(({ filename }) => filename === 'client/persisted-documents.json')?.content ?? '';
  const folder = documentsFolder({ 'client.json': manifest });
  const store = await openDocumentStore(folder, pino({ level: 'silent' }), 5);
  const live = await serve(database.target, { documents: store });
  try {
    const [id] = Object.keys(JSON.parse(manifest));
    expect(await send({ documentId: id }, { to: live })).toMatchObject({
      status: 200,
      data: { strategies: { nodes: [{ id: expect.any(String), name: expect.any(String) }] } },
    });
    // The manifest of the next client works without a restart, and beside the present one.
    const next = 'query Next { dataStatus { build } }';
    writeFileSync(join(folder, 'next.json'), manifestOf(next));
    await expect.poll(async () => (await send({ documentId: idOfDocument(next) }, { to: live })).status).toBe(200);
    expect((await send({ documentId: id }, { to: live })).status).toBe(200);
  } finally {
    await live.close();
    store.close();
  }
});
