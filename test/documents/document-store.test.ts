import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDocumentStore } from '../../src/documents/document-store.ts';
import { idOfDocument, ManifestError } from '../../src/documents/manifest.ts';
import { documentsFolder, manifestOf } from '../support/documents.ts';

const [one, two, three] = ['{ a }', '{ b }', '{ c }'] as const;

async function open(folder: string) {
  const lines: { level: string; text: string }[] = [];
  const log = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, text: `${message} ${JSON.stringify(fields)}` });
  const store = await openDocumentStore(folder, { info: log('info'), warn: log('warn') } as never, 5);
  onTestFinished(() => store.close());
  return {
    find: (text: string) => store.find(idOfDocument(text)),
    lines,
    levels: () => lines.map(({ level }) => level),
  };
}

/** Replaces a file in one step: while it is written, the store could read a part of it. */
function put(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, `${name}.new`), text);
  renameSync(join(folder, `${name}.new`), join(folder, name));
}

test('the documents of all manifests are found, those of new ones soon, and those of deleted ones no more', async () => {
  const folder = documentsFolder({ 'old.json': manifestOf(one, two), 'new.json': manifestOf(two, three), README: 'x' });
  const { find, levels } = await open(folder);
  expect([one, two, three].map(find)).toEqual([one, two, three]);
  expect(find('{ d }')).toBeNull();
  put(folder, 'next.json', manifestOf('{ d }'));
  await expect.poll(() => find('{ d }')).toBe('{ d }');
  rmSync(join(folder, 'old.json'));
  await expect.poll(() => find(one)).toBeNull();
  expect([two, three].map(find)).toEqual([two, three]);
  expect(levels()).toEqual(['info', 'info', 'info']);
});

test('a broken manifest keeps its last documents and is reported once; others still change', async () => {
  const folder = documentsFolder({ 'a.json': manifestOf(one), 'b.json': manifestOf(two) });
  const { find, lines, levels } = await open(folder);
  put(folder, 'a.json', '{"sha256:');
  await expect.poll(levels).toEqual(['info', 'warn', 'info']);
  expect(lines[1]?.text).toMatch(/a\.json.*it is not valid JSON/);
  put(folder, 'b.json', manifestOf(three));
  await expect.poll(() => find(three)).toBe(three);
  expect([one, two].map(find)).toEqual([one, null]);
  put(folder, 'a.json', manifestOf(two));
  await expect.poll(() => find(two)).toBe(two);
  expect(find(one)).toBeNull();
  expect(levels().filter((level) => level === 'warn')).toHaveLength(1);
});

test('a folder that disappears keeps all documents, and is read again when it is back', async () => {
  const folder = documentsFolder({ 'a.json': manifestOf(one) });
  const { find, lines, levels } = await open(folder);
  renameSync(folder, `${folder}.away`);
  onTestFinished(() => rmSync(`${folder}.away`, { recursive: true, force: true }));
  await expect.poll(levels).toEqual(['info', 'warn']);
  expect(lines[1]?.text).toContain('it does not exist');
  expect(find(one)).toBe(one);
  renameSync(`${folder}.away`, folder);
  await expect.poll(levels).toEqual(['info', 'warn', 'info']);
});

test('a mounted volume changes by a new link to its folder', async () => {
  const folder = documentsFolder();
  const publish = (name: string, text: string) => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'client.json'), text);
    symlinkSync(name, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  publish('..1', manifestOf(one));
  symlinkSync(join('..data', 'client.json'), join(folder, 'client.json'));
  const { find } = await open(folder);
  expect(find(one)).toBe(one);
  publish('..2', manifestOf(two));
  await expect.poll(() => find(two)).toBe(two);
  expect(find(one)).toBeNull();
});

test.each([
  ['', 'it is empty'],
  ['{', 'it is not valid JSON'],
  ['[]', 'it is not an object of texts'],
  ['{"sha256:00": 1}', 'it is not an object of texts'],
  [JSON.stringify({ [idOfDocument(one)]: two }), 'is not the id of its document, which is sha256:'],
  [JSON.stringify({ [idOfDocument(one).slice(7)]: one }), 'is not the id of its document, which is sha256:'],
  [JSON.stringify({ [idOfDocument(one).toUpperCase()]: one }), 'is not the id of its document, which is sha256:'],
  [`{}${' '.repeat(8 * 1024 * 1024)}`, 'it has more than 8 MiB'],
])('a manifest that is not valid at the start has no documents, and the log says why: %.40s', async (text, problem) => {
  const { find, lines } = await open(documentsFolder({ 'bad.json': text, 'good.json': manifestOf(three) }));
  expect(lines.map(({ level }) => level)).toEqual(['warn', 'info']);
  expect(lines[0]?.text).toContain(problem);
  expect([one, two, three].map(find)).toEqual([null, null, three]);
});

test('a folder that is not usable at the start is an error with the reason', async () => {
  const folder = documentsFolder({ file: '' });
  for (const [path, reason] of [
    [join(folder, 'none'), 'it does not exist'],
    [join(folder, 'file'), 'it is not a folder'],
  ] as const) {
    const opened = openDocumentStore(path, { info: () => {}, warn: () => {} });
    await expect(opened).rejects.toThrow(`${path} (DOCUMENTS_DIR) is not usable: ${reason}.`);
    await expect(opened).rejects.toThrow(ManifestError);
  }
});
