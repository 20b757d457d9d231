import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { CompiledStatements, fixedQuery } from '../../src/db/warehouse/compiled-statements.ts';
import { statementBuilder } from '../../src/db/warehouse/dialect.ts';

const db = statementBuilder();
let builds = 0;
const strategies = (ids: readonly string[]) =>
  fixedQuery(`strategies ${ids.length}`, ids, () => {
    builds += 1;
    return db
      .selectFrom('strategies')
      .select('strategy_id')
      .where(sql<boolean>`strategy_id in (${sql.join(ids)})`);
  });

test('a fixed query is built once for each shape and build, and gets its own values each time', () => {
  const statements = new CompiledStatements();
  const text = (table: string, values: string) =>
    `select "strategy_id" from "attribution"."${table}" where strategy_id in (${values})`;
  const compile = (ids: readonly string[], tables: string | null) => {
    const before = builds;
    const { sql, parameters } = statements.compile(strategies(ids), tables);
    return { sql, parameters, builds: builds - before };
  };
  expect(compile(['1', '2'], '7')).toEqual({ sql: text('strategies__7', '$1, $2'), parameters: ['1', '2'], builds: 1 });
  expect(compile(['3', '3'], '7')).toEqual({ sql: text('strategies__7', '$1, $2'), parameters: ['3', '3'], builds: 0 });
  expect(compile(['3'], '7')).toEqual({ sql: text('strategies__7', '$1'), parameters: ['3'], builds: 1 });
  expect(compile(['4', '5'], '8')).toEqual({ sql: text('strategies__8', '$1, $2'), parameters: ['4', '5'], builds: 1 });
  expect(compile(['4', '5'], null)).toEqual({ sql: text('strategies', '$1, $2'), parameters: ['4', '5'], builds: 1 });
});

test('each text on the tables of a build has a name of its own, and no other text has one', () => {
  const statements = new CompiledStatements();
  const nameOf = (ids: readonly string[], tables: string | null) => statements.compile(strategies(ids), tables).name;
  const names = [nameOf(['1'], '7'), nameOf(['1', '2'], '7'), nameOf(['1'], '8')];
  expect(new Set(names).size).toBe(3);
  expect(names).not.toContain(undefined);
  expect(nameOf(['2'], '7')).toBe(names[0]);
  expect(nameOf(['1'], null)).toBeUndefined();
  expect(statements.compile(db.selectFrom('strategies').select('strategy_id'), '7').name).toBeUndefined();
});

/** How often a query is built. */
const buildsOf = (statements: CompiledStatements, ids: readonly string[], tables: readonly (string | null)[]) => {
  const before = builds;
  for (const each of tables) statements.compile(strategies(ids), each);
  return builds - before;
};

test('two builds that are read in turn are both known, and a third replaces the one that was not read for longest', () => {
  const statements = new CompiledStatements();
  expect(buildsOf(statements, ['1'], ['7', '8', '7', null, '8', '7'])).toBe(3);
  expect(buildsOf(statements, ['1'], ['9', '7', '9'])).toBe(1);
  expect(buildsOf(statements, ['1'], ['8'])).toBe(1);
});

test('a long text is built each time, and replaces no other', () => {
  const statements = new CompiledStatements();
  const many = Array.from({ length: 10_000 }, (_, index) => String(index));
  expect(buildsOf(statements, ['1'], ['7'])).toBe(1);
  expect(buildsOf(statements, many, ['7', '7'])).toBe(2);
  // So many that together they would displace the first one.
  for (let left = 1; left <= 30; left++) buildsOf(statements, many.slice(left), ['7']);
  expect(buildsOf(statements, ['1'], ['7'])).toBe(0);
});

test('a query with other parameters than its values is no fixed one', () => {
  const limited = fixedQuery('limited', ['1'], () => db.selectFrom('strategies').select('strategy_id').limit(1));
  expect(() => new CompiledStatements().compile(limited, '7')).toThrow('the parameters of limited are not its values');
});
