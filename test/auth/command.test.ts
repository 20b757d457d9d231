import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashSecret, parseApiKey } from '../../src/auth/api-key.ts';
import { formatKeysFile, keyState, parseKeysFile } from '../../src/auth/keys-file.ts';
import { newKey, testFolder } from '../support/authentication.ts';

const program = join(import.meta.dirname, '../../scripts/keys.ts');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(file: string | null, ...args: string[]): Promise<Ended> {
  const env = { PATH: process.env.PATH, ...(file === null ? {} : { API_KEYS_FILE: file }) };
  return new Promise((resolve) => {
    const child = execFile('node', [program, ...args], { env }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

const stored = (file: string) => parseKeysFile(readFileSync(file, 'utf8'));
const idOf = ({ out }: Ended) => parseApiKey(out.trim())?.id ?? '';

test('make, list, rotate and revoke', async () => {
  const file = join(testFolder(), 'keys.json');
  const made = await run(file, 'make', 'airflow', '--role', 'operator', '--expires', '10d');
  expect(made).toMatchObject({ code: 0, err: expect.stringContaining('not shown again') });
  const key = parseApiKey(made.out.trim());
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain(key?.secret);
  const [first] = stored(file);
  expect(first).toMatchObject({
    id: key?.id,
    name: 'airflow',
    role: 'operator',
    sha256: hashSecret(key?.secret ?? ''),
  });
  expect(Date.parse(first?.expires ?? '') - Date.parse(first?.created ?? '')).toBe(10 * 24 * 3_600_000);
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600');

  const viewer = await run(file, 'make', 'Ana María', '--role', 'viewer');
  const rotated = await run(file, 'rotate', idOf(made), '--overlap', '2h');
  expect(rotated.code).toBe(0);
  const [old, , next] = stored(file);
  expect(next).toMatchObject({ id: idOf(rotated), name: 'airflow', role: 'operator', revoked: null });
  expect(next?.sha256).not.toBe(old?.sha256);
  // The new key has the lifetime of the old one, which ends after the overlap.
  expect(Date.parse(next?.expires ?? '') - Date.parse(next?.created ?? '')).toBe(10 * 24 * 3_600_000);
  expect(Date.parse(old?.expires ?? '') - Date.parse(next?.created ?? '')).toBe(2 * 3_600_000);

  expect(await run(file, 'revoke', idOf(viewer))).toMatchObject({ code: 0, out: expect.stringContaining('Ana María') });
  const revoked = stored(file)[1];
  expect(revoked && keyState(revoked, new Date())).toBe('revoked');
  expect((await run(file, 'revoke', idOf(viewer))).out).toContain('was revoked already');
  expect(stored(file)[1]).toEqual(revoked);
  expect((await run(file, 'rotate', idOf(viewer))).err).toContain('is revoked. Make a new one');

  const { out } = await run(file, 'list');
  expect(out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 4))).toEqual([
    ['id', 'name', 'role', 'state'],
    [idOf(made), 'airflow', 'operator', 'valid'],
    [idOf(viewer), 'Ana María', 'viewer', 'revoked'],
    [idOf(rotated), 'airflow', 'operator', 'valid'],
    [''],
  ]);
  expect(readdirSync(join(file, '..'))).toEqual(['keys.json']);
});

test('restrictions are stored, listed and kept by a rotation', async () => {
  const file = join(testFolder(), 'keys.json');
  const made = await run(file, 'make', 'backend', '--role', 'viewer', '--documents-only');
  expect(made.err).toContain('role viewer, documents-only, without expiry');
  await run(file, 'make', 'ana', '--role', 'viewer', '--no-introspection');
  await run(file, 'make', 'ops', '--role', 'operator');
  await run(file, 'rotate', idOf(made));
  expect(stored(file).map(({ restrictions }) => restrictions)).toEqual([
    ['documents-only'],
    ['no-introspection'],
    [],
    ['documents-only'],
  ]);
  const { out } = await run(file, 'list');
  const lines = out.trim().split('\n');
  expect(lines.map((line) => line.split(/ {2,}/).at(-1))).toEqual([
    ...['restrictions', 'documents-only', 'no-introspection', 'none', 'documents-only'],
  ]);
});

test('a link to the file stays, and so does who may read it', async () => {
  const folder = testFolder();
  const [file, link] = [join(folder, 'keys.json'), join(folder, 'link.json')];
  await run(file, 'make', 'a', '--role', 'viewer');
  // For a service that runs as another user of the group. Only its owner may write it.
  chmodSync(file, 0o666);
  symlinkSync('keys.json', link);
  expect((await run(null, 'make', 'b', '--role', 'viewer', '--file', link)).code).toBe(0);
  expect(stored(file).map(({ name }) => name)).toEqual(['a', 'b']);
  expect((statSync(file).mode & 0o777).toString(8)).toBe('644');
  chmodSync(file, 0o640);
  expect((await run(file, 'revoke', stored(file)[0]?.id ?? '')).code).toBe(0);
  expect((statSync(file).mode & 0o777).toString(8)).toBe('640');
  expect(readFileSync(link, 'utf8')).toBe(readFileSync(file, 'utf8'));
});

test('commands at the same time lose no key', async () => {
  const file = join(testFolder(), 'keys.json');
  const ended = await Promise.all(['a', 'b', 'c', 'd'].map((name) => run(file, 'make', name, '--role', 'viewer')));
  const made = ended.filter(({ code }) => code === 0);
  expect(
    stored(file)
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(made.map(idOf).toSorted());
  for (const { code, err } of ended) if (code !== 0) expect(err).toContain('Another command is changing');
});

test('more keys than the service reads are refused', async () => {
  const file = join(testFolder(), 'keys.json');
  const keys = Array.from({ length: 4_000 }, () => newKey({ name: 'x'.repeat(100) }).stored);
  const text = formatKeysFile(keys.slice(0, 1_000));
  writeFileSync(file, formatKeysFile(keys));
  expect((await run(file, 'make', 'a', '--role', 'viewer')).err).toContain('would have more than 1 MiB');
  expect(stored(file)).toHaveLength(4_000);
  writeFileSync(file, text);
  expect((await run(file, 'make', 'a', '--role', 'viewer')).code).toBe(0);
});

test.runIf(process.getuid?.() === 0)('root keeps the owner of the file', async () => {
  const folder = testFolder();
  const file = join(folder, 'keys.json');
  await run(file, 'make', 'a', '--role', 'viewer');
  chownSync(file, 65_534, 65_534);
  expect((await run(file, 'make', 'b', '--role', 'viewer')).code).toBe(0);
  expect(statSync(file)).toMatchObject({ uid: 65_534, gid: 65_534 });
});

test('a file that is not one of keys is left as it is', async () => {
  const file = join(testFolder(), 'keys.json');
  writeFileSync(file, '{"keys": 1}');
  const ended = await run(file, 'make', 'a', '--role', 'viewer');
  expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringContaining('is not a file of API keys') });
  expect(readFileSync(file, 'utf8')).toBe('{"keys": 1}');
  expect(existsSync(`${file}.lock`)).toBe(false);
});

test.each([
  ['no file', ['list'], 'Name the file of keys: set API_KEYS_FILE, or pass --file'],
  ['no name', ['make', '--file', 'x'], 'Pass a name.'],
  ['no role', ['make', 'a', '--file', 'x'], 'Pass --role viewer or --role operator.'],
  ['an unknown role', ['make', 'a', '--role', 'admin', '--file', 'x'], 'Pass --role viewer or --role operator.'],
  ['a reserved name', ['make', 'jwt:ana', '--role', 'viewer', '--file', 'x'], '"jwt:ana" is not a name of a key.'],
  ['a name in two words', ['make', 'a', 'b', '--role', 'viewer', '--file', 'x'], 'Quote a name with spaces.'],
  ['a past expiry', ['make', 'a', '--role', 'viewer', '--expires', '2020-01-01', '--file', 'x'], 'is in the past.'],
  ['an expiry in words', ['make', 'a', '--role', 'viewer', '--expires', 'soon', '--file', 'x'], 'neither a duration'],
  [
    'an impossible date',
    ['make', 'a', '--role', 'viewer', '--expires', '2027-02-31T99:00Z', '--file', 'x'],
    'neither a',
  ],
  ['an unknown id', ['revoke', '000000000000', '--file', '/tmp/none.json'], 'There is no key "000000000000".'],
  ['a folder that does not exist', ['make', 'a', '--role', 'viewer', '--file', '/no/such/keys.json'], "Can't write"],
  ['an unknown command', ['delete', '--file', 'x'], 'There is no command delete.'],
  ['an unknown option', ['list', '--all', '--file', 'x'], 'See: npm run keys -- --help'],
  ['an option of another command', ['list', '--role', 'viewer', '--file', 'x'], 'list has no option --role.'],
])('%s is a clear error', async (_, args, message) => {
  const { code, out, err } = await run(null, ...args);
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain(message);
  expect(err).not.toMatch(/^\s+at /m);
});

test('the help names all commands', async () => {
  expect(await run(null, '--help')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/make[\s\S]*list[\s\S]*rotate[\s\S]*revoke/),
  });
  expect((await run(null)).code).toBe(2);
});
