import { generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { AuthenticationUnavailable, Unauthenticated } from '../../src/auth/errors.ts';
import { jwtVerifier } from '../../src/auth/jwt.ts';
import { audience, issuer, startIdentityProvider } from '../support/authentication.ts';
import { present } from '../support/service.ts';

/** A verifier of tokens, with an identity provider that answers like this. */
async function verifierWith(answer?: (response: ServerResponse, keySet: string) => void) {
  const provider = await startIdentityProvider(present, answer);
  onTestFinished(() => provider.close());
  const problems: unknown[] = [];
  const verify = jwtVerifier({
    ...{ jwksUrl: provider.jwksUrl, issuer, audience, roleClaim: 'role', algorithms: ['RS256'], leewaySeconds: 30 },
    restrictionsClaim: null,
    now: () => present,
    onUnavailable: (error) => void problems.push(error),
  });
  return { provider, verify, problems };
}

const elsewhere = (response: ServerResponse) => response.writeHead(302, { location: '/other.json' }).end();
const cutOff = (response: ServerResponse, keySet: string) => {
  response.writeHead(200, { 'content-length': 9_999 });
  response.write(keySet, () => void response.destroy());
};

test.each<[string, (response: ServerResponse, keySet: string) => void, string]>([
  ['a status other than 200', (response, keySet) => response.writeHead(500).end(keySet), 'has the HTTP status 500'],
  ['a redirect, which is not followed', elsewhere, 'has the HTTP status 302'],
  ['HTML', (response) => response.end('<html>'), 'is not a JSON Web Key Set'],
  ['other JSON', (response) => response.end('[]'), 'is not a JSON Web Key Set'],
  ['keys that are none', (response) => response.end('{"keys":[1]}'), 'is not a JSON Web Key Set'],
  ['too much', (response, keySet) => response.end(keySet + ' '.repeat(2 ** 20)), 'has more than 1 MiB'],
  ['half of it', cutOff, 'terminated'],
])('after an answer with %s, none is asked for at once', async (_, answer, problem) => {
  const { provider, verify, problems } = await verifierWith(answer);
  const token = await provider.sign();
  for (let attempt = 0; attempt < 3; attempt++)
    await expect(verify(token)).rejects.toBeInstanceOf(AuthenticationUnavailable);
  expect(provider.requests()).toBe(1);
  const [first, second] = problems as Error[];
  expect(String(first?.message)).toContain(problem);
  expect(second?.cause).toBe(first);
});

test('tokens with unknown key ids do not make the service ask for keys', async () => {
  const { provider, verify } = await verifierWith();
  await verify(await provider.sign());
  for (const kid of ['two', '../one', '__proto__', '', 'one\u0000'])
    await expect(verify(await provider.sign({}, { kid }))).rejects.toBeInstanceOf(Unauthenticated);
  expect(provider.requests()).toBe(1);
});

test('a published key that is too weak is reported as unavailable', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const weak = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] });
  const { provider, verify, problems } = await verifierWith((response) => response.end(weak));
  expect(privateKey.asymmetricKeyDetails?.modulusLength).toBe(1024);
  await expect(verify(await provider.sign())).rejects.toBeInstanceOf(AuthenticationUnavailable);
  expect(String(problems[0])).toContain('2048 bits or larger');
});

test('the error for the log says which claim is wrong, and nothing of the token', async () => {
  const { provider, verify } = await verifierWith();
  const detail = async (token: string) =>
    verify(token).then(
      () => null,
      (error: Unauthenticated) => error.forLog.detail,
    );
  expect(await detail(await provider.sign({ aud: 'secret' }))).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED aud');
  expect(await detail(await provider.sign({}, { kid: 'two' }))).toBe('ERR_JWKS_NO_MATCHING_KEY');
  expect(await detail(`${await provider.sign()}x`)).toMatch(/^ERR_JW[ST]_\w+$/);
});

test('a role claim that is no text or list grants nothing', async () => {
  const { provider, verify } = await verifierWith();
  for (const role of [{ toString: 'operator' }, { 0: 'operator' }, 7, true])
    await expect(verify(await provider.sign({ role }))).rejects.toThrow('grants no role');
});
