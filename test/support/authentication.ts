import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import { formatApiKey, hashSecret, makeApiKey } from '../../src/auth/api-key.ts';
import { formatKeysFile, type StoredKey } from '../../src/auth/keys-file.ts';

/** A new key, and its entry in the file. */
export function newKey(stored: Partial<StoredKey> = {}): { readonly key: string; readonly stored: StoredKey } {
  const key = makeApiKey();
  return {
    key: formatApiKey(key),
    stored: {
      ...{ id: key.id, name: 'a test', role: 'viewer', restrictions: [], sha256: hashSecret(key.secret) },
      ...{ created: '2026-01-01T00:00:00Z', expires: null, revoked: null },
      ...stored,
    },
  };
}

/** Finds these keys. */
export const keysOf = (...keys: readonly { readonly stored: StoredKey }[]) => ({
  find: (id: string) => keys.find(({ stored }) => stored.id === id)?.stored ?? null,
});

/** A new folder, deleted after the test. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'attribution-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file of keys into a new folder. */
export function writeKeysFile(keys: readonly StoredKey[]): string {
  const file = join(testFolder(), 'keys.json');
  writeFileSync(file, formatKeysFile(keys));
  return file;
}

export const issuer = 'https://login.example.com/';
export const audience = 'attribution-api';

/** An identity provider on loopback. */
export interface IdentityProvider {
  readonly jwksUrl: string;
  /** Its public key. */
  readonly jwk: JWK;
  /** How often its keys were fetched. */
  requests(): number;
  /** A token that the service accepts, with changes. A claim that is undefined is left out. Its key fits any RSA algorithm. */
  sign(claims?: JWTPayload, header?: { readonly alg?: string; readonly kid?: string }, by?: CryptoKey): Promise<string>;
  close(): Promise<void>;
}

/** @param answer how it answers a request for its keys, if not with them. */
export async function startIdentityProvider(
  now: Date,
  answer?: (response: ServerResponse, keySet: string) => void,
): Promise<IdentityProvider> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const privateJwk = await exportJWK(privateKey);
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one' };
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    const keySet = JSON.stringify({ keys: [jwk] });
    if (answer) answer(response, keySet);
    else response.setHeader('content-type', 'application/json').end(keySet);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const seconds = Math.floor(now.getTime() / 1000);
  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    jwk,
    requests: () => requests,
    sign: async (claims = {}, header = {}, by) => {
      const key = by ?? (await importJWK(privateJwk, header.alg ?? 'RS256'));
      const base = { iss: issuer, aud: audience, sub: 'ana', role: 'viewer', iat: seconds - 60, exp: seconds + 600 };
      return new SignJWT({ ...base, ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header }).sign(key);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
