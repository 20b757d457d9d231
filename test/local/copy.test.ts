import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyPrograms } from '../../local/postgres/programs.ts';
import { asRoot, onlyRoot, testFolder } from './support.ts';

const unexpected = () => expect.fail('copied again');

/** A small package, as npm unpacks it with umask 077. */
function makePackage(): string {
  const folder = testFolder(0o700);
  for (const name of ['bin', 'lib', 'share', 'share/postgresql']) mkdirSync(join(folder, name), { mode: 0o700 });
  writeFileSync(join(folder, 'bin/initdb'), 'a program', { mode: 0o700 });
  writeFileSync(join(folder, 'lib/libpq.so.5.18'), 'a library', { mode: 0o600 });
  symlinkSync('libpq.so.5.18', join(folder, 'lib/libpq.so'));
  writeFileSync(join(folder, 'share/postgresql/postgres.bki'), 'a catalog', { mode: 0o600 });
  return folder;
}

/** Path, rights and content of every entry of a folder. */
function listing(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => {
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return `${name} -> ${readlinkSync(path)}`;
    const rights = (stat.mode & 0o7777).toString(8);
    return `${name} ${rights} ${stat.isDirectory() ? '' : readFileSync(path, 'utf8')}`.trim();
  });
}

const complete = [
  'bin 755',
  'bin/initdb 755 a program',
  'lib 755',
  'lib/libpq.so -> libpq.so.5.18',
  'lib/libpq.so.5.18 644 a library',
  'share 755',
  'share/postgresql 755',
  'share/postgresql/postgres.bki 644 a catalog',
];

test('every user may use the copy, and a complete one is not copied again', async () => {
  const [from, to] = [makePackage(), join(testFolder(0o755), 'copy')];
  let copies = 0;
  await copyPrograms(from, to, () => {
    copies += 1;
  });
  expect(copies).toBe(1);
  expect(lstatSync(to).mode & 0o7777).toBe(0o755);
  expect(listing(to)).toEqual(complete);
  await copyPrograms(from, to, unexpected);
});

test('concurrent copies result in one complete copy', async () => {
  const [from, to] = [makePackage(), join(testFolder(0o755), 'copy')];
  await Promise.all(Array.from({ length: 8 }, () => copyPrograms(from, to, () => undefined)));
  expect(listing(to)).toEqual(complete);
});

test('an incomplete copy is completed before it is used', async () => {
  const [from, to] = [makePackage(), join(testFolder(0o755), 'copy')];
  await copyPrograms(from, to, () => undefined);
  chmodSync(to, 0o700);
  truncateSync(join(to, 'bin/initdb'), 3);
  unlinkSync(join(to, 'lib/libpq.so'));
  unlinkSync(join(to, 'share/postgresql/postgres.bki'));
  await copyPrograms(from, to, () => undefined);
  expect(lstatSync(to).mode & 0o7777).toBe(0o755);
  expect(listing(to)).toEqual(complete);
});

const refusal = /^Other users can change .*set TMPDIR to another folder/;

test('a folder that other users may write to is refused and not changed', async () => {
  const to = join(testFolder(0o755), 'copy');
  mkdirSync(to);
  chmodSync(to, 0o775);
  await expect(copyPrograms(makePackage(), to, unexpected)).rejects.toThrow(refusal);
  expect(lstatSync(to).mode & 0o777).toBe(0o775);
  expect(readdirSync(to)).toEqual([]);
});

test('a symbolic link in place of the copy is refused', async () => {
  const [elsewhere, to] = [testFolder(0o755), join(testFolder(0o755), 'copy')];
  symlinkSync(elsewhere, to);
  await expect(copyPrograms(makePackage(), to, unexpected)).rejects.toThrow(refusal);
  expect(readdirSync(elsewhere)).toEqual([]);
});

test('a parent folder in which other users may replace the copy is refused', async () => {
  const above = testFolder(0o777);
  await expect(copyPrograms(makePackage(), join(above, 'copy'), unexpected)).rejects.toThrow(refusal);
  chmodSync(above, 0o1777);
  await copyPrograms(makePackage(), join(above, 'copy'), () => undefined);
});

test("another user's folder is refused, and so is one inside it", async ({ skip }) => {
  skip(!asRoot, onlyRoot);
  const to = join(testFolder(0o755), 'copy');
  mkdirSync(to);
  chownSync(to, 12_345, 12_345);
  await expect(copyPrograms(makePackage(), to, unexpected)).rejects.toThrow(refusal);
  await expect(copyPrograms(makePackage(), join(to, 'copy'), unexpected)).rejects.toThrow(refusal);
});

test('a failure to write is explained', async () => {
  const file = join(testFolder(0o755), 'file');
  writeFileSync(file, '');
  const copied = copyPrograms(makePackage(), join(file, 'copy'), unexpected);
  await expect(copied).rejects.toThrow(
    /^PostgreSQL can't be copied to .*ENOTDIR.*Free some space there, or set TMPDIR/,
  );
});
