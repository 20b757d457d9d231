import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attributionStatuses } from '../../src/db/warehouse/tables.ts';
import { renderTest } from '../../src/embedded/dbt/index.ts';
import {
  addRaw,
  checkUnitTest,
  openPglite,
  project,
  readUnitTests,
  run,
  runOptions,
  runUnitTest,
  type Store,
  stores,
} from '../support/dbt.ts';
import { breakages, messyWorld, warnings } from '../support/dbt-cases.ts';

const singularTests = project.tests.filter((each) => each.file.startsWith('tests/'));
const asOf = '2026-02-01T00:00:00.000000Z';

describe.each(stores)('the models on %s', (_name, open) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
    await addRaw(store, messyWorld);
    await run(store, { asOf });
    // A second run, so that the tests see incremental models after an incremental run.
    await run(store, { asOf });
  });
  afterAll(() => store.close());

  const failures = async (name: string) => {
    const found = project.tests.find((each) => each.name === name);
    if (!found) throw new Error(`there is no test ${name}`);
    const { rows } = await store.query(`select * from (\n${renderTest(project, found, runOptions())}\n) as failures`);
    return rows;
  };

  test.each(readUnitTests().map((each) => [`${each.model}: ${each.name}`, each] as const))(
    '%s',
    async (_title, each) => {
      const { actual, expected } = await runUnitTest(store, each);
      expect(actual).toEqual(expected);
    },
  );

  test('a messy world contains every status', async () => {
    const { rows } = await store.query(
      'select distinct attribution_status from attribution.goal_complete_events_attributed',
    );
    expect(rows.map((row) => row.attribution_status).sort()).toEqual([...attributionStatuses].sort());
  });

  test.each(project.tests.map((each) => [each.name, each] as const))('%s', async (name, { severity }) => {
    const rows = await failures(name);
    // The messy world violates every rule that the source systems are responsible for, but it was loaded only once.
    if (severity === 'warn' && name !== 'clicks_are_not_counted_twice') expect(rows).not.toEqual([]);
    else expect(rows).toEqual([]);
  });

  test.each(singularTests.map(({ name, severity }) => [name, severity] as const))(
    '%s can fail',
    async (name, severity) => {
      const statements = breakages[name] ?? [];
      // Warnings have a test of their own.
      if (severity === 'error') expect(statements, 'a way to break it').not.toEqual([]);
      for (const statement of statements) {
        await store.query('begin');
        try {
          await store.query(statement);
          expect(await failures(name), statement).not.toEqual([]);
        } finally {
          await store.query('rollback');
        }
      }
    },
  );

  test.each(singularTests.filter(({ severity }) => severity === 'warn').map(({ name }) => name))(
    '%s reports each kind of row',
    async (name) => {
      const cases = warnings[name] ?? [];
      expect(cases, 'a row that it reports').not.toEqual([]);
      for (const [statement, reported] of cases) {
        await store.query('begin');
        try {
          await store.query('truncate events.events, adgem.clicks');
          await store.query(statement);
          const found = (await failures(name)).map((row) =>
            Object.fromEntries(Object.entries(row).map(([column, value]) => [column, String(value)])),
          );
          expect(found, statement).toEqual([reported]);
        } finally {
          await store.query('rollback');
        }
      }
    },
  );
});

test('each unit test can run in an empty schema just before its model is built, as in the first dbt build', async () => {
  const store = await openPglite();
  try {
    await store.query('create schema attribution');
    for (const model of project.models) {
      for (const each of readUnitTests().filter((each) => each.model === model.name)) {
        const { actual, expected } = await runUnitTest(store, each);
        expect(actual, each.name).toEqual(expected);
      }
      await run(store, { select: [model.name], vars: { build_id: 'first' } });
    }
  } finally {
    await store.close();
  }
});

test('listed rows of this are rejected', () => {
  const [found] = readUnitTests().filter((each) => each.given.some(({ input }) => input === 'this'));
  if (!found) throw new Error('no unit test gives rows of this');
  const listed = { ...found, given: [{ input: 'this', rows: [{ build_number: 1 }] }] };
  expect(() => checkUnitTest(listed)).toThrow(/rows of this must have the format sql/);
  expect(() => checkUnitTest({ ...found, given: [{ input: 'this', rows: 'select 1' }] })).toThrow(/format/);
});

test('unit tests have unique names, and every model has one', () => {
  const names = readUnitTests().map((each) => each.name);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(readUnitTests().map((each) => each.model))).toEqual(new Set(project.models.map((each) => each.name)));
});
