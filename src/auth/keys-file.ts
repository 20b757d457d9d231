import { z } from 'zod';
import { anonymous } from './caller.ts';
import { restrictions } from './restrictions.ts';
import { roles } from './roles.ts';

/** A fault of the file of API keys. The message never quotes its content. */
export class KeysFileError extends Error {}

/** The size above which a file is refused. 1,000 keys always fit. */
export const maxKeysFileBytes = 1024 * 1024;

/** Without a colon, so that no key can have the name of a token's subject (`jwt:…`). */
const keyName = z
  .string()
  .max(100)
  .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._@-]*$/u)
  .refine((name) => name.trim() === name && name !== anonymous);

export const isKeyName = (text: string): boolean => keyName.safeParse(text).success;

export const keyNameRule =
  'A name has 1 to 100 letters, digits, spaces and "._@-", and starts with a letter or a digit; "unauthenticated" is reserved.';

const instant = z.iso.datetime({ offset: true });

const storedKey = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  /** Who uses it. Several keys may have the same name, so that they can be rotated. */
  name: keyName,
  role: z.enum(roles),
  /** What the key may not do, although its role may. */
  restrictions: z.array(z.enum(restrictions)).default([]),
  /** Hash of the secret, in hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  created: instant,
  /** From then on it is refused; null: never. */
  expires: instant.nullable().default(null),
  /** When it was revoked; null if it is valid. */
  revoked: instant.nullable().default(null),
});

const keysFile = z.strictObject({ keys: z.array(storedKey) });

/** An API key as the file has it, without its secret. */
export type StoredKey = Readonly<z.output<typeof storedKey>>;

/**
 * Parses the content of a file of API keys.
 *
 * @throws {KeysFileError}
 */
export function parseKeysFile(text: string): readonly StoredKey[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The message of the parser would quote the file.
    throw new KeysFileError(text.trim() === '' ? 'it is empty' : 'it is not valid JSON');
  }
  const { data, error } = keysFile.safeParse(json);
  if (!data) {
    const [issue] = error.issues;
    const place = issue?.path.join('.') ?? '';
    throw new KeysFileError(`${place === '' ? 'it' : place} does not have the form that "npm run keys" writes`);
  }
  const ids = new Set<string>();
  for (const { id } of data.keys) {
    if (ids.has(id)) throw new KeysFileError(`key ${id} is in it twice`);
    ids.add(id);
  }
  return data.keys;
}

export const formatKeysFile = (keys: readonly StoredKey[]): string => `${JSON.stringify({ keys }, null, 2)}\n`;

/** Whether a key can be used, and if not, why. */
export function keyState({ expires, revoked }: StoredKey, now: Date): 'valid' | 'expired' | 'revoked' {
  if (revoked !== null) return 'revoked';
  return expires !== null && Date.parse(expires) <= now.getTime() ? 'expired' : 'valid';
}
