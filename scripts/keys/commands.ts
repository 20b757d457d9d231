import { LocalError } from '../../local/errors.ts';
import { type ApiKey, formatApiKey, hashSecret, makeApiKey } from '../../src/auth/api-key.ts';
import { isKeyName, keyNameRule, keyState, type StoredKey } from '../../src/auth/keys-file.ts';
import { type Restriction, restrictions } from '../../src/auth/restrictions.ts';
import { isRole, roles } from '../../src/auth/roles.ts';
import { changeKeys, readKeys } from './keys-file.ts';
import { laterBy, parseDuration, parseExpiry } from './times.ts';

/** A new key, which is shown once, and what to do with it. */
export interface NewKey {
  readonly key: string;
  readonly message: string;
}

/** The options of a new key. */
interface Given extends Readonly<Partial<Record<Restriction, boolean | undefined>>> {
  readonly role?: string | undefined;
  readonly expires?: string | undefined;
}

export function makeKey(file: string, name: string, given: Given, now: Date): NewKey {
  const { role } = given;
  if (!isKeyName(name)) throw new LocalError(`"${name}" is not a name of a key. ${keyNameRule}`);
  if (!isRole(role)) throw new LocalError(`Pass --role ${roles.join(' or --role ')}.`);
  const expires = given.expires === undefined ? null : parseExpiry(given.expires, now);
  const restricted = restrictions.filter((each) => given[each]);
  const key = makeApiKey();
  const stored = storedKey(key, { name, role, restrictions: restricted }, now, expires);
  changeKeys(file, (keys) => ({ keys: [...keys, stored], result: null }));
  const what = [`role ${role}`, ...restricted, until(expires)].join(', ');
  return { key: formatApiKey(key), message: `Made key ${key.id} for ${name}, ${what}.` };
}

export function rotateKey(file: string, id: string, overlap: string, now: Date): NewKey {
  const overlapMilliseconds = parseDuration(overlap, '--overlap');
  const key = makeApiKey();
  const message = changeKeys(file, (keys) => {
    const old = find(keys, id);
    const state = keyState(old, now);
    if (state !== 'valid') throw new LocalError(`Key ${id} is ${state}. Make a new one: npm run keys -- make`);
    const lifetime = old.expires === null ? null : Date.parse(old.expires) - Date.parse(old.created);
    const next = storedKey(key, old, now, lifetime === null ? null : laterBy(now, lifetime));
    const end = laterBy(now, overlapMilliseconds);
    const expires = old.expires !== null && Date.parse(old.expires) < Date.parse(end) ? old.expires : end;
    return {
      keys: [...keys.map((each) => (each === old ? { ...old, expires } : each)), next],
      result: `Made key ${key.id} for ${old.name}, role ${old.role}, ${until(next.expires)}. Key ${id} expires at ${expires}.`,
    };
  });
  return { key: formatApiKey(key), message };
}

export function revokeKey(file: string, id: string, now: Date): string {
  return changeKeys(file, (keys) => {
    const key = find(keys, id);
    if (key.revoked !== null)
      return { keys, result: `Key ${id} of ${key.name} was revoked already at ${key.revoked}.` };
    const revoked = now.toISOString();
    return {
      keys: keys.map((each) => (each === key ? { ...key, revoked } : each)),
      result: `Revoked key ${id} of ${key.name}. A running service refuses it within two seconds of the change of its file.`,
    };
  });
}

/** A table of all keys, oldest first. */
export function listKeys(file: string, now: Date): string {
  const keys = readKeys(file);
  if (keys.length === 0) return `${file} has no keys.`;
  const head = ['id', 'name', 'role', 'state', 'created', 'expires', 'restrictions'];
  const rows = keys
    .toSorted((a, b) => Date.parse(a.created) - Date.parse(b.created))
    .map((key) => [
      ...[key.id, key.name, key.role, keyState(key, now), key.created, key.expires ?? 'never'],
      key.restrictions.join(', ') || 'none',
    ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const until = (expires: string | null): string => (expires === null ? 'without expiry' : `valid until ${expires}`);

const storedKey = (
  { id, secret }: ApiKey,
  { name, role, restrictions }: Pick<StoredKey, 'name' | 'role' | 'restrictions'>,
  now: Date,
  expires: string | null,
): StoredKey => ({
  ...{ id, name, role, restrictions, sha256: hashSecret(secret) },
  ...{ created: now.toISOString(), expires, revoked: null },
});

function find(keys: readonly StoredKey[], id: string): StoredKey {
  const key = keys.find((each) => each.id === id);
  if (!key) throw new LocalError(`There is no key ${JSON.stringify(id)}. List the ids: npm run keys -- list`);
  return key;
}
