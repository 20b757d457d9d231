import { resolve } from 'node:path';
import { z } from 'zod';
import { isLoopback } from './loopback.ts';
import { optionalText, wholeNumber } from './variables.ts';

/** How callers are authenticated. Without both, there is no authentication. */
export interface AuthConfig {
  /** The file of the hashes of API keys; an absolute path or null. */
  readonly keysFile: string | null;
  readonly jwt: JwtConfig | null;
}

/** Which JSON Web Tokens are accepted. */
export interface JwtConfig {
  /** Where the identity provider publishes its signing keys. */
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** The claim with the role. */
  readonly roleClaim: string;
  /** The claim with what the caller may not do; null: tokens are not restricted. */
  readonly restrictionsClaim: string | null;
  readonly algorithms: readonly string[];
  /** How far the clocks of identity provider and service may differ. */
  readonly leewaySeconds: number;
}

/** Asymmetric ones only: with a symmetric one, every service that verifies tokens could also issue them. */
const asymmetric = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

const algorithms = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .refine((names) => names.every((name) => asymmetric.includes(name)), {
    error: (issue) => `is "${issue.input}"; it must be names separated by commas, each one of ${asymmetric.join(', ')}`,
  })
  .meta({ values: asymmetric.join(', ') });

export const authVariables = {
  API_KEYS_FILE: optionalText(
    'File of the hashes of [API keys](security.md#api-keys), written by `npm run keys`. Changes apply within two seconds.',
    'no API keys',
  ),
  JWT_JWKS_URL: optionalText(
    'URL of the signing keys (JWKS) of an identity provider whose [tokens](security.md#tokens) are accepted: https, or http on loopback.',
    'no tokens',
  ),
  JWT_ISSUER: optionalText('The claim `iss` of the tokens. Required with `JWT_JWKS_URL`.', 'none'),
  JWT_AUDIENCE: optionalText('The claim `aud` of the tokens. Required with `JWT_JWKS_URL`.', 'none'),
  JWT_ROLE_CLAIM: z
    .string()
    .default('role')
    .describe('The claim with the role, a text or a list. A nested one as a path: `realm_access.roles`.'),
  JWT_RESTRICTIONS_CLAIM: optionalText(
    'The claim with [restrictions](security.md#restrictions), a text or a list: `documents-only`, `no-introspection`.',
    'tokens are not restricted',
  ),
  JWT_ALGORITHMS: algorithms
    .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
    .describe('Accepted signature algorithms, separated by commas.'),
  JWT_LEEWAY_SECONDS: wholeNumber(0, 60)
    .default(30)
    .describe('How far the clocks of identity provider and service may differ, in seconds.'),
};

type Read = z.output<z.ZodObject<typeof authVariables>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the environment configures a way to authenticate, valid or not. */
export const isAuthenticated = (set: Environment): boolean =>
  set.API_KEYS_FILE !== undefined || set.JWT_JWKS_URL !== undefined;

/** Adds a fault for each variable of the tokens that is missing, or without effect. */
export function checkAuth(set: Environment, faults: string[]): void {
  const url = set.JWT_JWKS_URL;
  if (url === undefined) {
    const useless = Object.keys(authVariables).filter((name) => name.startsWith('JWT_') && name in set);
    for (const name of useless) faults.push(`${name} is set, but JWT_JWKS_URL is not`);
    return;
  }
  const fault = urlFault(url);
  if (fault !== null) faults.push(`JWT_JWKS_URL ${fault}`);
  for (const name of ['JWT_ISSUER', 'JWT_AUDIENCE']) {
    if (!(name in set)) faults.push(`${name} is not set, but JWT_JWKS_URL is`);
  }
}

function urlFault(text: string): string | null {
  const url = URL.parse(text);
  if (!url) return 'is not a URL like https://login.example.com/.well-known/jwks.json';
  if (url.username || url.password) return 'has a user or a password; signing keys are public';
  if (url.protocol === 'https:') return null;
  if (url.protocol !== 'http:') return 'starts with neither https:// nor http://';
  return isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'))
    ? null
    : 'is http:// to another machine, where signing keys could be replaced on the way; use https://';
}

export function authConfig(read: Read): AuthConfig {
  const { JWT_JWKS_URL: jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = read;
  const jwt =
    jwksUrl === undefined || issuer === undefined || audience === undefined
      ? null
      : {
          ...{ jwksUrl, issuer, audience },
          roleClaim: read.JWT_ROLE_CLAIM,
          restrictionsClaim: read.JWT_RESTRICTIONS_CLAIM ?? null,
          algorithms: read.JWT_ALGORITHMS,
          leewaySeconds: read.JWT_LEEWAY_SECONDS,
        };
  return { keysFile: read.API_KEYS_FILE === undefined ? null : resolve(read.API_KEYS_FILE), jwt };
}
