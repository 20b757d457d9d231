import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { maxSavedNameLength, maxSavedQueriesOfOwner, maxSavedTextLength } from '../../src/config/limits.ts';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { idOfDocument } from '../../src/documents/manifest.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { type LedgerServer, ledgerServers, openTestLedger, query } from '../support/ledgers.ts';
import { askPush } from '../support/push-api.ts';
import { present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

const ana = newKey({ name: 'ana' });
const rotated = newKey({ name: 'ana' });
const ben = newKey({ name: 'ben' });
const guest = newKey({ name: 'guest', restrictions: ['no-introspection'] });
const machine = newKey({ name: 'machine', restrictions: ['documents-only'] });
const operator = newKey({ name: 'op', role: 'operator' });
const credentials = { keys: keysOf(ana, rotated, ben, guest, machine, operator), verifyJwt: null, now: () => present };

const fields = 'id name document variables owner savedAt updatedAt mayChange';
const saveDocument = `mutation ($input: SaveQueryInput!) { saveQuery(input: $input) { ${fields} } }`;
const deleteDocument = `mutation ($id: ID!) { deleteSavedQuery(id: $id) { ${fields} } }`;
const idle = '{ dataStatus { build } }';
const trusted = new Map(
  [saveDocument, `{ savedQueries { nodes { name } } }`].map((text) => [idOfDocument(text), text]),
);

interface Saved {
  readonly id: string;
  readonly name: string;
  readonly document: string;
  readonly variables: string | null;
  readonly owner: string;
  readonly updatedAt: string;
  readonly mayChange: boolean;
}

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(2), smallWorldAsOf);
});
afterAll(() => database.close());

describe.each(ledgerServers)('saved queries of two services with one ledger on %s', (_name, start) => {
  let server: LedgerServer;
  let target: LedgerTarget;
  let ledgers: Ledger[] = [];
  let services: TestService[] = [];
  let lines: string[] = [];
  beforeAll(async () => {
    server = await start();
    target = await server.emptyDatabase();
    ledgers = [openTestLedger(target), openTestLedger(target)];
    const logger = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
    const documents = { find: (id: string) => trusted.get(id) ?? null };
    services = await Promise.all(
      ledgers.map((ledger) => serve(database.target, { credentials, logger, documents }, {}, { ledger })),
    );
    // Makes the tables.
    await ledgers[0]?.savedQueries.count();
  });
  afterAll(async () => {
    for (const service of services) await service.close();
    for (const ledger of ledgers) await ledger.close();
    await server.stop();
  });
  beforeEach(async () => {
    await query(target, 'truncate ledger.saved_queries');
    lines = [];
  });

  const as = ({ key }: { readonly key: string }, service = 0) => {
    const asked = askPush(services[service]?.url ?? '', { authorization: `Bearer ${key}` });
    return {
      ...asked,
      save: async (input: object) => (await asked.ask<{ saveQuery: Saved }>(saveDocument, { input })).saveQuery,
      saveRefused: (input: object) => asked.refused(saveDocument, { input }),
      remove: async (id: string) =>
        (await asked.ask<{ deleteSavedQuery: Saved }>(deleteDocument, { id })).deleteSavedQuery,
      removeRefused: (id: string) => asked.refused(deleteDocument, { id }),
      byId: async (id: string) =>
        (
          await asked.ask<{ savedQuery: Saved | null }>(`query ($id: ID!) { savedQuery(id: $id) { ${fields} } }`, {
            id,
          })
        ).savedQuery,
    };
  };

  test('are saved by a viewer, and read by all', async () => {
    const texts = { document: 'query A { dataStatus { build } }', variables: '{"n": 9007199254740993}' };
    const saved = await as(ana).save({ name: ' Daily clicks ', ...texts });
    expect(saved).toMatchObject({ ...texts, name: 'Daily clicks', owner: 'ana', mayChange: true });
    expect(await as(ben, 1).byId(saved.id)).toEqual({ ...saved, mayChange: false });
    expect(await as(operator, 1).byId(saved.id)).toEqual(saved);
    expect(await as(ana).byId('none')).toBeNull();
    // A rotated key has the same name.
    const replaced = await as(rotated, 1).save({ name: 'Daily clicks', document: idle, variables: ' ', replace: true });
    expect(replaced).toMatchObject({ id: saved.id, document: idle, variables: null, owner: 'ana', mayChange: true });
    expect(await as(rotated).remove(saved.id)).toEqual(replaced);
    expect(await as(ana, 1).removeRefused(saved.id)).toMatchObject({ status: 404, code: 'SAVED_QUERY_NOT_FOUND' });
    const gone = await as(ana).saveRefused({ id: saved.id, name: 'x', document: idle });
    expect(gone).toMatchObject({ status: 404, code: 'SAVED_QUERY_NOT_FOUND' });
    expect(gone.message).toContain('leave out the id');
  });

  test('have the same name, however its letters were typed', async () => {
    const composed = await as(ana).save({ name: 'caf\u00e9', document: idle });
    const refused = await as(ben).saveRefused({ name: ' cafe\u0301', document: idle });
    expect(refused).toMatchObject({ code: 'SAVED_QUERY_NAME_TAKEN', savedQueryId: composed.id });
  });

  test('are listed by name, in pages', async () => {
    for (const name of ['b', 'a', 'C', 'ä']) await as(ana).save({ name, document: idle });
    const names: string[] = [];
    let after: string | null = null;
    do {
      const { savedQueries }: { savedQueries: { totalCount: number; nodes: Saved[]; pageInfo: PageInfo } } = await as(
        ben,
      ).ask(
        `query ($after: String) { savedQueries(first: 3, after: $after) {
          totalCount nodes { name mayChange } pageInfo { hasNextPage endCursor } } }`,
        { after },
      );
      expect(savedQueries.totalCount).toBe(4);
      names.push(...savedQueries.nodes.map(({ name }) => name));
      after = savedQueries.pageInfo.hasNextPage ? savedQueries.pageInfo.endCursor : null;
    } while (after);
    expect(names).toEqual(['C', 'a', 'b', 'ä']);
  });

  test('are listed without reading the texts, unless they are selected', async () => {
    const { id, document, variables } = await as(ana).save({ name: 'a', document: idle, variables: '{"a": 1}' });
    const texts = `{ savedQueries { nodes { document } edges { node { ...V } } } } fragment V on SavedQuery { variables }`;
    const expected = { nodes: [{ document }], edges: [{ node: { variables } }] };
    // Often enough to be compiled.
    for (let times = 0; times < 5; times++) expect(await as(ben).ask(texts)).toEqual({ savedQueries: expected });
    const rename = (from: string, to: string) =>
      query(target, `alter table ledger.saved_queries rename column ${from} to ${to}`);
    await rename('document', 'unread');
    try {
      const short = '{ savedQueries { nodes { id } edges { node { variables } } } }';
      expect(await as(ben).ask(short)).toEqual({
        savedQueries: { nodes: [{ id }], edges: [{ node: { variables } }] },
      });
      await rename('variables', 'unread_too');
      expect(await as(ben).ask('{ savedQueries { nodes { id } } }')).toEqual({ savedQueries: { nodes: [{ id }] } });
    } finally {
      await rename('unread', 'document');
      await rename('unread_too', 'variables');
    }
  });

  test('of another owner are changed by an operator only, who names them', async () => {
    const own = await as(ana).save({ name: 'a', document: idle });
    const forbidden = { status: 403, code: 'FORBIDDEN' };
    expect(await as(ben).saveRefused({ id: own.id, name: 'a', document: idle })).toMatchObject(forbidden);
    expect(await as(ben).removeRefused(own.id)).toMatchObject(forbidden);
    const taken = { status: 409, code: 'SAVED_QUERY_NAME_TAKEN', savedQueryId: own.id, owner: 'ana' };
    expect(await as(ben, 1).saveRefused({ name: 'a', document: idle })).toMatchObject(taken);
    expect((await as(ben).saveRefused({ name: 'a', document: idle, replace: true })).mayChange).toBe(false);
    const told = await as(operator).saveRefused({ name: 'a', document: idle });
    expect(told).toMatchObject(taken);
    expect(told.message).toContain(`input.id "${own.id}"`);
    const replaced = await as(operator).save({ id: own.id, name: 'b', document: '{ __typename }' });
    expect(replaced).toMatchObject({ id: own.id, name: 'b', owner: 'ana' });
    expect((await as(operator).remove(own.id)).id).toBe(own.id);
  });

  test('of a caller are replaced by name only if the request says so', async () => {
    const own = await as(ana).save({ name: 'a', document: idle });
    const changed = { name: 'a', document: '{ __typename }' };
    const taken = { status: 409, code: 'SAVED_QUERY_NAME_TAKEN', savedQueryId: own.id, owner: 'ana', mayChange: true };
    for (const replace of [undefined, null, false]) {
      expect(await as(ana).saveRefused({ ...changed, replace })).toMatchObject(taken);
    }
    expect(await as(ana).byId(own.id)).toEqual(own);
    const other = await as(ana).save({ name: 'b', document: idle });
    // With an id, the name of a third one is not taken over.
    expect(await as(ana).saveRefused({ ...changed, id: other.id, replace: true })).toMatchObject(taken);
    expect(await as(ana).save({ ...changed, replace: true })).toMatchObject({ ...changed, id: own.id });
    expect(await as(ana).save({ ...changed, id: own.id, document: idle })).toMatchObject({
      id: own.id,
      document: idle,
    });
  });

  test('that two callers give the same name at once are saved for one of them', async () => {
    const send = ({ key }: { readonly key: string }, service: number) =>
      as({ key }, service)
        .save({ name: 'a', document: idle })
        .catch((error: Error) => error.message);
    for (let round = 0; round < 5; round++) {
      const results = await Promise.all([send(ana, 0), send(ben, 1)]);
      const [kept] = results.filter((result) => typeof result !== 'string');
      expect(results.filter((result) => typeof result === 'string')).toEqual([
        expect.stringContaining('SAVED_QUERY_NAME_TAKEN'),
      ]);
      await as(operator).remove((kept as Saved).id);
    }
  });

  test('have a limit for each owner', async () => {
    await query(
      target,
      `insert into ledger.saved_queries (id, name, owner, document)
       select n, n, 'ana', '{ a }' from generate_series(1, ${maxSavedQueriesOfOwner - 1}) as n`,
    );
    const last = await as(ana).save({ name: 'last', document: idle });
    const refused = await as(ana).saveRefused({ name: 'more', document: idle });
    expect(refused).toMatchObject({ status: 409, code: 'SAVED_QUERY_LIMIT' });
    expect(refused.message).toContain('You have 100 saved queries');
    expect((await as(ana).save({ id: last.id, name: 'last', document: '{ __typename }' })).id).toBe(last.id);
    expect((await as(ben).save({ name: 'other', document: idle })).owner).toBe('ben');
    await query(
      target,
      `insert into ledger.saved_queries (id, name, owner, document)
       select 'x' || n, 'x' || n, 'x' || n, '{ a }' from generate_series(102, 1000) as n`,
    );
    const full = await as(guest).saveRefused({ name: 'more', document: idle });
    expect([full.code, full.message]).toEqual(['SAVED_QUERY_LIMIT', expect.stringContaining('The service has 1,000')]);
    const { savedQueries } = await as(ben).ask<{ savedQueries: { totalCount: number; nodes: unknown[] } }>(
      '{ savedQueries(first: 1000) { totalCount nodes { id name owner savedAt updatedAt mayChange } } }',
    );
    expect([savedQueries.totalCount, savedQueries.nodes.length]).toEqual([1000, 1000]);
    const page = (first: number) => `{ savedQueries(first: ${first}) { nodes { document variables } } }`;
    expect(await as(ben).refused(page(1000))).toMatchObject({ code: 'COST_LIMIT' });
    const { savedQueries: long } = await as(ben).ask<{ savedQueries: { nodes: unknown[] } }>(page(500));
    expect(long.nodes).toHaveLength(500);
  });

  test.each<[string, object, RegExp]>([
    ['a blank name', { name: ' \u00a0' }, /^input\.name: must not be blank/],
    ['a long name', { name: 'x'.repeat(maxSavedNameLength + 1) }, /^input\.name: must have at most 100 characters/],
    ['a line break in the name', { name: 'a\nb' }, /^input\.name: must have no line breaks/],
    ['a bidi override in the name', { name: 'a\u202eb' }, /^input\.name: must have no line breaks.* U\+202E$/],
    ['a NUL in the name', { name: 'a\0' }, /^input\.name: /],
    ['an unpaired surrogate', { document: `{ a: __typename } # \ud800` }, /^input\.document: .* unpaired surrogate/],
    ['bad syntax', { document: '{\n  dataStatus {' }, /^input\.document: Syntax Error: .* \(line 2, column 15\)$/],
    ['an empty document', { document: '' }, /^input\.document: Syntax Error/],
    [
      'an unknown field',
      { document: '{ dataStatus { biuld } }' },
      /^input\.document: Cannot query field "biuld" .* \(line 1, column 16\)$/,
    ],
    [
      'a fragment only',
      { document: 'fragment a on DataStatus { build }' },
      /^input\.document: Fragment "a" is never used/,
    ],
    [
      'a mutation',
      { document: 'mutation { cancelPush(runId: "1") { id } }' },
      /^input\.document: it has a mutation\. Only queries/,
    ],
    [
      'a mutation beside a query',
      { document: 'query A { __typename } mutation B { __typename }' },
      /it has a mutation/,
    ],
    ['a type', { document: 'type A { a: Int }' }, /^input\.document: /],
    [
      'a long document',
      { document: `{ __typename } #${'x'.repeat(maxSavedTextLength)}` },
      /^input\.document: it has 20,016 characters; the limit is 20,000/,
    ],
    [
      'too many aliases',
      { document: `{ ${Array.from({ length: 201 }, (_, at) => `a${at}: __typename`).join(' ')} }` },
      /^input\.document: This document has 201 aliases; the limit is 200/,
    ],
    [
      'thousands of levels',
      { document: '{a'.repeat(4_000) },
      /^input\.document: This document has 4,000 nested levels/,
    ],
    ['variables that are no JSON', { variables: '{"a": ' }, /^input\.variables: not valid JSON/],
    ['variables that are a list', { variables: '[1]' }, /^input\.variables: must be a JSON object/],
    ['variables that are null', { variables: 'null' }, /^input\.variables: must be a JSON object/],
    ['deep variables', { variables: '['.repeat(50_000) }, /^input\.variables: /],
    [
      'long variables',
      { variables: `{"a": "${'x'.repeat(maxSavedTextLength)}"}` },
      /^input\.variables: the text has 20,009 characters/,
    ],
  ])('are refused with %s, and why', async (_what, wrong, message) => {
    const refused = await as(ana).saveRefused({ name: 'a', document: idle, ...wrong });
    expect(refused).toMatchObject({ status: 400, code: 'BAD_USER_INPUT', message: expect.stringMatching(message) });
    expect(await query(target, 'select from ledger.saved_queries')).toEqual([]);
    expect(lines.filter((line) => !JSON.parse(line).audit)).toEqual([]);
  });

  test('suggest no names to a caller who may not read the schema', async () => {
    const typo = { name: 'a', document: '{ dataStatus { buil } }' };
    expect((await as(ana).saveRefused(typo)).message).toMatch(/did you mean "build"/i);
    expect((await as(guest).saveRefused(typo)).message).not.toMatch(/did you mean/i);
  });

  test('are read, but not saved, with trusted documents only', async () => {
    const send = async (text: string, variables: object = {}) => {
      const response = await fetch(`${services[0]?.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${machine.key}` },
        body: JSON.stringify({ documentId: idOfDocument(text), variables }),
      });
      return { status: response.status, ...((await response.json()) as object) };
    };
    await as(ana).save({ name: 'a', document: idle });
    const [save, list] = [...trusted.values()] as [string, string];
    expect(await send(list)).toMatchObject({ status: 200, data: { savedQueries: { nodes: [{ name: 'a' }] } } });
    const refused = await send(save, { input: { name: 'b', document: idle } });
    expect(refused).toMatchObject({ status: 403, errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    expect(JSON.stringify(refused)).toContain('documents-only');
  });

  test('have their changes in the audit log', async () => {
    const own = await as(ana).save({ name: 'a', document: idle });
    await as(ben).saveRefused({ name: 'a', document: idle });
    await as(ben).removeRefused(own.id);
    await as(ben).saveRefused({ name: 'b', document: '{' });
    await as(operator).remove(own.id);
    const audited = lines.map((line) => JSON.parse(line)).filter(({ audit }) => audit);
    const of = { savedQuery: own.id, queryName: 'a', queryOwner: 'ana' };
    expect(audited).toMatchObject([
      { caller: 'ana', role: 'viewer', keyId: ana.stored.id, operation: 'saveQuery', outcome: 'OK', ...of },
      { caller: 'ben', operation: 'saveQuery', outcome: 'SAVED_QUERY_NAME_TAKEN', ...of },
      { caller: 'ben', operation: 'deleteSavedQuery', outcome: 'FORBIDDEN', savedQuery: own.id },
      { caller: 'ben', operation: 'saveQuery', outcome: 'BAD_USER_INPUT', queryName: 'b' },
      { caller: 'op', role: 'operator', operation: 'deleteSavedQuery', outcome: 'OK', ...of },
    ]);
    for (const line of audited) expect(line).not.toHaveProperty('run');
    expect(lines.join()).not.toContain('dataStatus');
  });
});

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

test('without authentication, saved queries belong to "unauthenticated", and all callers may change them', async () => {
  const service = await serve(database.target);
  try {
    const asked = askPush(service.url);
    const input = { name: 'a', document: idle };
    const { saveQuery } = await asked.ask<{ saveQuery: Saved }>(saveDocument, { input });
    expect(saveQuery).toMatchObject({ owner: 'unauthenticated', mayChange: true });
    expect(
      (await asked.ask<{ deleteSavedQuery: Saved }>(deleteDocument, { id: saveQuery.id })).deleteSavedQuery,
    ).toEqual(saveQuery);
  } finally {
    await service.close();
  }
});

test('a ledger that fails is an error to retry', async () => {
  const ledger = openTestLedger({} as LedgerTarget, { openTarget: () => Promise.reject(new Error('down')) });
  const service = await serve(database.target, {}, {}, { ledger });
  try {
    const down = { status: 503, code: 'LEDGER_UNAVAILABLE' };
    const asked = askPush(service.url);
    expect(await asked.refused('{ savedQueries { nodes { id } } }')).toMatchObject(down);
    expect(await asked.refused(saveDocument, { input: { name: 'a', document: idle } })).toMatchObject(down);
    expect(await asked.refused(deleteDocument, { id: '1' })).toMatchObject(down);
  } finally {
    await service.close();
  }
});
