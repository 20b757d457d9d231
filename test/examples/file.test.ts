import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { Copy } from '../../examples/keep-a-copy/copy.ts';

const folder = mkdtempSync(join(tmpdir(), 'attribution-copy-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes an SQLite file. */
function written(name: string, sql: string): string {
  const path = join(folder, name);
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  return path;
}

async function expectBuild(path: string, build: string | null): Promise<void> {
  const copy = new Copy(path);
  expect(copy.build).toBe(build);
  copy.close();
}

test.each([
  ['with a table of its own', 'create table orders (id int)', /of another program, and was not changed/],
  ['with a table of the same name', 'create table conversions (id int)', /of another program/],
  ['with the id of another program', 'pragma application_id = 1', /of another program/],
  ['with a version of its own', 'pragma user_version = 3', /of another program/],
  [
    'of another version',
    'pragma application_id = 0x41545452; pragma user_version = 2',
    /another version of this program/,
  ],
])('a file %s is refused and stays as it was', (name, sql, message) => {
  const path = written(name, sql);
  const before = readFileSync(path);
  expect(() => new Copy(path)).toThrow(message);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a file that is not of SQLite is refused and stays as it was', () => {
  const path = join(folder, 'notes.txt');
  writeFileSync(path, 'id,status\n'.repeat(100));
  expect(() => new Copy(path)).toThrow(/is not an SQLite file, and was not changed/);
  expect(readFileSync(path, 'utf8')).toBe('id,status\n'.repeat(100));
});

test('a copy of a version that set no id is continued, also with an index that its user added', async () => {
  const path = written(
    'unmarked',
    `create table if not exists conversions (id text, clickId text, goalReferenceId text, payout text, convertedAt text,
      clickedAt text, loadedAt text, campaignId text, status text, method text, strategyId text, iterationId text,
      primary key (id))`.replaceAll(/\s+/g, ' ') +
      `; create table if not exists state (build text not null); insert into state values ('build-7');
      create index mine on conversions (status)`,
  );
  await expectBuild(path, 'build-7');
  const database = new DatabaseSync(path);
  expect(database.prepare('pragma application_id').get()).toEqual({ application_id: 0x41545452 });
  database.exec('create view own as select 1');
  database.close();
  await expectBuild(path, 'build-7');
});

test('a new file becomes a copy', async () => {
  const path = join(folder, 'new');
  await expectBuild(path, null);
  await expectBuild(path, null);
});
