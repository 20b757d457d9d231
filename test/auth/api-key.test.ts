import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatApiKey, hashSecret, makeApiKey, parseApiKey, secretMatches } from '../../src/auth/api-key.ts';
import {
  formatKeysFile,
  isKeyName,
  KeysFileError,
  keyState,
  parseKeysFile,
  type StoredKey,
} from '../../src/auth/keys-file.ts';
import { restrictions } from '../../src/auth/restrictions.ts';
import { roles } from '../../src/auth/roles.ts';
import { newKey } from '../support/authentication.ts';

describe('an API key', () => {
  test('has 256 random bits and an id, and is recognisable', () => {
    const keys = Array.from({ length: 1_000 }, makeApiKey);
    expect(new Set(keys.map(({ secret }) => secret)).size).toBe(1_000);
    for (const key of keys) {
      expect(Buffer.from(key.secret, 'base64url')).toHaveLength(32);
      expect(formatApiKey(key)).toMatch(/^attr_[0-9a-f]{12}_[\w-]{43}$/);
      expect(parseApiKey(formatApiKey(key))).toEqual(key);
    }
  });

  test('with any other character is not the same key', () => {
    const key = makeApiKey();
    const sha256 = hashSecret(key.secret);
    expect(secretMatches(key.secret, sha256)).toBe(true);
    expect(secretMatches(key.secret, null)).toBe(false);
    const character = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-');
    fc.assert(
      fc.property(fc.nat(42), character, (at, other) => {
        fc.pre(key.secret[at] !== other);
        return !secretMatches(key.secret.slice(0, at) + other + key.secret.slice(at + 1), sha256);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => text === key.secret || !secretMatches(text, sha256)));
  });

  test('of any other form is not parsed', () => {
    const key = formatApiKey(makeApiKey());
    for (const text of [
      key.slice(1),
      key.slice(0, -1),
      `${key}x`,
      ` ${key}`,
      `${key}\n`,
      key.toUpperCase(),
      '',
      'attr_',
    ])
      expect(parseApiKey(text)).toBeNull();
    fc.assert(fc.property(fc.string(), (text) => parseApiKey(text) === null));
  });

  test('is valid until it expires or is revoked', () => {
    const at = (time: string) => new Date(`2026-03-01T${time}Z`);
    const { stored } = newKey({ expires: '2026-03-01T13:00:00+01:00' });
    expect(keyState(stored, at('11:59:59.999'))).toBe('valid');
    expect(keyState(stored, at('12:00:00'))).toBe('expired');
    expect(keyState({ ...stored, expires: null }, at('12:00:00'))).toBe('valid');
    expect(keyState({ ...stored, revoked: '2026-02-01T00:00:00Z' }, at('11:00:00'))).toBe('revoked');
  });
});

describe('the file of keys', () => {
  const hex = (length: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
  const instant = fc
    .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString());
  const storedKey: fc.Arbitrary<StoredKey> = fc.record({
    id: hex(12),
    name: fc.string({ unit: 'grapheme', minLength: 1 }).filter(isKeyName),
    role: fc.constantFrom(...roles),
    restrictions: fc.subarray([...restrictions]),
    sha256: hex(64),
    created: instant,
    expires: fc.option(instant),
    revoked: fc.option(instant),
  });

  test('is read as it was written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(storedKey, { selector: ({ id }) => id }), (keys) => {
        expect(parseKeysFile(formatKeysFile(keys))).toEqual(keys);
      }),
    );
  });

  test('without restrictions, as an earlier version wrote it, is read', () => {
    const { restrictions: none, ...stored } = newKey().stored;
    expect(parseKeysFile(JSON.stringify({ keys: [stored] }))).toEqual([{ ...stored, restrictions: none }]);
  });

  const { key, stored } = newKey();
  test.each([
    ['', 'it is empty'],
    ['{"keys": [', 'it is not valid JSON'],
    [key, 'it is not valid JSON'],
    ['[]', 'it does not have the form'],
    [JSON.stringify({ keys: [stored, { ...stored, role: 'admin' }] }), 'keys.1.role does not have'],
    [JSON.stringify({ keys: [{ ...stored, sha256: key }] }), 'keys.0.sha256 does not have'],
    [JSON.stringify({ keys: [{ ...stored, secret: key }] }), 'keys.0 does not have'],
    [JSON.stringify({ keys: [{ ...stored, name: 'jwt:ana' }] }), 'keys.0.name does not have'],
    [JSON.stringify({ keys: [stored, stored] }), `key ${stored.id} is in it twice`],
  ])('is refused without quoting it: %s', (text, problem) => {
    const error = (() => {
      try {
        return parseKeysFile(text);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(KeysFileError);
    expect(String(error)).toContain(problem);
    expect(String(error)).not.toContain(key);
  });

  test.each([
    'unauthenticated',
    'jwt:ana',
    'a:b',
    ' a',
    'a ',
    '',
    '-a',
    'a\nb',
    'a\u0000',
    'a\u202eb',
    'x'.repeat(101),
  ])('has no key with the name %j', (name) => expect(isKeyName(name)).toBe(false));
  test.each(['airflow', 'Ana María', 'ana@example.com', '田中', 'a.b_c-d', '7'])(
    'may have a key with the name %j',
    (name) => expect(isKeyName(name)).toBe(true),
  );
});
