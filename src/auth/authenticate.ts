import { keyPrefix, parseApiKey, secretMatches } from './api-key.ts';
import type { Caller } from './caller.ts';
import { Unauthenticated } from './errors.ts';
import type { VerifyJwt } from './jwt.ts';
import type { KeyStore } from './key-store.ts';
import { keyState } from './keys-file.ts';

/** The configured ways to authenticate; at least one is not null. */
export interface Credentials {
  readonly keys: Pick<KeyStore, 'find'> | null;
  readonly verifyJwt: VerifyJwt | null;
  readonly now: () => Date;
}

/**
 * Finds the caller of a request. Uses no database, so it works while the warehouse or the ledger is down.
 *
 * @param headers all `Authorization` headers of the request.
 * @throws {Unauthenticated}
 * @throws {Forbidden} if a token grants no role.
 * @throws {AuthenticationUnavailable} if tokens can't be verified at the moment.
 */
export async function authenticate(credentials: Credentials, headers: readonly string[]): Promise<Caller> {
  const [header, ...others] = headers;
  if (header === undefined) throw new Unauthenticated();
  // A proxy may have checked another one than we would use.
  if (others.length > 0) throw new Unauthenticated('The request has more than one Authorization header.');
  const [, token] = /^Bearer +([\w.~+/-]+=*) *$/i.exec(header) ?? [];
  if (token === undefined) throw new Unauthenticated('The Authorization header has no bearer token.');
  const { keys, verifyJwt, now } = credentials;
  if (keys && token.startsWith(keyPrefix)) return callerOfKey(keys, token, now());
  if (verifyJwt && !token.startsWith(keyPrefix)) return verifyJwt(token);
  throw new Unauthenticated(keys ? 'The API key is not valid.' : 'The token is not valid.');
}

function callerOfKey(keys: Pick<KeyStore, 'find'>, token: string, now: Date): Caller {
  const key = parseApiKey(token);
  const stored = key && keys.find(key.id);
  const isSecret = secretMatches(key?.secret ?? '', stored?.sha256 ?? null);
  if (!stored || !isSecret) throw new Unauthenticated('The API key is not valid.');
  const state = keyState(stored, now);
  // The state is shown only to a caller that has the secret.
  if (state === 'revoked') throw new Unauthenticated('The API key was revoked.', { keyId: stored.id });
  if (state === 'expired') throw new Unauthenticated('The API key has expired.', { keyId: stored.id });
  return { name: stored.name, role: stored.role, keyId: stored.id, restrictions: stored.restrictions };
}
