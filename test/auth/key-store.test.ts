import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openKeyStore } from '../../src/auth/key-store.ts';
import { formatKeysFile, KeysFileError } from '../../src/auth/keys-file.ts';
import { newKey, testFolder, writeKeysFile } from '../support/authentication.ts';

function open(file: string) {
  const lines: { level: string; text: string }[] = [];
  const log = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, text: `${message} ${JSON.stringify(fields)}` });
  const store = openKeyStore(file, { info: log('info'), warn: log('warn') } as never, 5);
  onTestFinished(() => store.close());
  return { store, lines };
}

/** Replaces a file in one step: a reader finds no half of it. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
}

test('a changed file is read again', async () => {
  const [one, two] = [newKey(), newKey()];
  const file = writeKeysFile([one.stored]);
  const { store, lines } = open(file);
  expect(store.find(one.stored.id)).toEqual(one.stored);
  expect(store.find(two.stored.id)).toBeNull();
  replace(file, formatKeysFile([{ ...one.stored, revoked: '2026-02-01T00:00:00Z' }, two.stored]));
  await expect.poll(() => store.find(two.stored.id)).toEqual(two.stored);
  expect(store.find(one.stored.id)?.revoked).toBe('2026-02-01T00:00:00Z');
  await expect.poll(() => lines.map(({ level }) => level)).toEqual(['info']);
});

test('a mounted secret changes by a new link to its folder', async () => {
  const [one, two] = [newKey(), newKey()];
  const folder = testFolder();
  const publish = (name: string, text: string) => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'keys.json'), text);
    symlinkSync(name, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  publish('..1', formatKeysFile([one.stored]));
  symlinkSync(join('..data', 'keys.json'), join(folder, 'keys.json'));
  const { store } = open(join(folder, 'keys.json'));
  expect(store.find(one.stored.id)).toEqual(one.stored);
  publish('..2', formatKeysFile([two.stored]));
  rmSync(join(folder, '..1'), { recursive: true });
  await expect.poll(() => store.find(two.stored.id)).toEqual(two.stored);
  expect(store.find(one.stored.id)).toBeNull();
});

test('a broken or missing file keeps the last keys, and is reported once', async () => {
  const [one, two] = [newKey(), newKey()];
  const file = writeKeysFile([one.stored]);
  const { store, lines } = open(file);
  replace(file, `{"keys": [${two.key}`);
  await expect.poll(() => lines).toHaveLength(1);
  rmSync(file);
  await expect.poll(() => lines).toHaveLength(2);
  symlinkSync('/dev/zero', file);
  await expect.poll(() => lines).toHaveLength(3);
  expect(store.find(one.stored.id)).toEqual(one.stored);
  // The same content as before the fault is reported as good again.
  replace(file, formatKeysFile([one.stored]));
  await expect.poll(() => lines.at(-1)?.level).toBe('info');
  expect(lines.map(({ level, text }) => `${level} ${text}`)).toEqual([
    expect.stringMatching(/^warn .*it is not valid JSON/),
    expect.stringMatching(/^warn .*it does not exist/),
    expect.stringMatching(/^warn .*it is not a regular file/),
    expect.stringMatching(/^info API keys reloaded/),
  ]);
  expect(JSON.stringify(lines)).not.toContain(two.key);
});

test('a file that is not usable at the start is an error that names it and the reason', () => {
  const folder = testFolder();
  const file = join(folder, 'keys.json');
  const fault = (path: string) => {
    try {
      openKeyStore(path, { info: () => {}, warn: () => {} }).close();
    } catch (error) {
      if (error instanceof KeysFileError) return error.message;
      throw error;
    }
    return null;
  };
  expect(fault(file)).toContain(`${file} (API_KEYS_FILE) is not usable: it does not exist. Create it: npm run keys`);
  expect(fault(folder)).toContain('it is not a regular file');
  expect(fault('/dev/zero')).toContain('it is not a regular file');
  writeFileSync(file, 'x');
  expect(fault(file)).toContain('it is not valid JSON');
  writeFileSync(file, `{"keys":[]}${' '.repeat(2 ** 20)}`);
  expect(fault(file)).toContain('it has more than 1 MiB');
  writeFileSync(file, formatKeysFile([]));
  expect(fault(file)).toBeNull();
});
