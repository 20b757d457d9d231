import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { JwtConfig } from '../config/auth.ts';
import { DomainError } from '../errors.ts';
import type { Caller } from './caller.ts';
import { AuthenticationUnavailable, Forbidden, Unauthenticated } from './errors.ts';
import { jwksFetch } from './jwks-fetch.ts';
import { isRestriction, type Restriction, restrictions } from './restrictions.ts';
import { includesRole, isRole, type Role, roles } from './roles.ts';

/** How long an answer of the identity provider may take. */
const fetchMilliseconds = 5_000;
const maxSubjectLength = 180;

export interface JwtOptions extends JwtConfig {
  readonly now: () => Date;
  /** Called with each failure to fetch the signing keys. */
  readonly onUnavailable: (error: unknown) => void;
}

/** Verifies a token and returns its caller. */
export type VerifyJwt = (token: string) => Promise<Caller>;

/**
 * Verifies tokens by the keys at a JWKS URL. The keys are cached for ten minutes, and fetched again for an unknown key id, at
 * most every 30 seconds.
 *
 * @returns a function that throws `Unauthenticated`, `Forbidden` or `AuthenticationUnavailable`.
 */
export function jwtVerifier(options: JwtOptions): VerifyJwt {
  const { issuer, audience, algorithms, leewaySeconds, roleClaim, restrictionsClaim, now, onUnavailable } = options;
  const getKey = signingKeys(options);
  return async (token) => {
    const { payload } = await jwtVerify(token, getKey, {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance: leewaySeconds,
      requiredClaims: ['exp', 'sub'],
      currentDate: now(),
    }).catch((error: unknown) => {
      const refusal = refusalOf(error);
      if (refusal instanceof AuthenticationUnavailable) onUnavailable(refusal.cause);
      throw refusal;
    });
    return {
      name: `jwt:${subjectOf(payload)}`,
      role: roleOf(payload, roleClaim),
      keyId: null,
      restrictions: restrictionsClaim === null ? [] : restrictionsOf(payload, restrictionsClaim),
    };
  };
}

function signingKeys({ jwksUrl }: JwtOptions): JWTVerifyGetKey {
  const fetchKeys = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: fetchMilliseconds,
    [customFetch]: jwksFetch(),
  });
  return async (header, token) => {
    try {
      return await fetchKeys(header, token);
    } catch (error) {
      if (faultsOfTokens.some((kind) => error instanceof kind)) throw error;
      throw new AuthenticationUnavailable({ cause: error });
    }
  };
}

/** The key id or the algorithm of a token has no key. */
const faultsOfTokens = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/** Any error that is not about the token is about a published key that is not usable: for example, an RSA key of 1024 bits. */
function refusalOf(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof errors.JWTExpired) return new Unauthenticated('The token has expired.');
  if (error instanceof errors.JOSEError)
    return new Unauthenticated('The token is not valid.', { detail: detailOf(error) });
  return new AuthenticationUnavailable({ cause: error });
}

/** For the log. Not the message, which can quote the token. */
const detailOf = (error: errors.JOSEError): string =>
  error instanceof errors.JWTClaimValidationFailed ? `${error.code} ${error.claim}` : error.code;

/** Shown and stored as the caller's name. */
function subjectOf({ sub = '' }: JWTPayload): string {
  const isName = typeof sub === 'string' && sub.trim() !== '' && sub.length <= maxSubjectLength;
  // No control characters, unpaired surrogates or invisible marks.
  if (!isName || /\p{C}/u.test(sub)) throw new Unauthenticated('The subject of the token is not usable as a name.');
  return sub;
}

/** The highest role that the claim names. */
function roleOf(payload: JWTPayload, claim: string): Role {
  const named = wordsOf(payload, claim).filter(isRole);
  if (named.length === 0) {
    throw new Forbidden(`The token grants no role: its claim ${claim} has none of ${roles.join(', ')}.`);
  }
  return named.reduce((highest, role) => (includesRole(role, highest) ? role : highest));
}

/** An unknown word is refused: ignoring it could allow what the identity provider forbids. */
function restrictionsOf(payload: JWTPayload, claim: string): readonly Restriction[] {
  return wordsOf(payload, claim).map((word) => {
    if (isRestriction(word)) return word;
    throw new Forbidden(`The claim ${claim} of the token may have only ${restrictions.join(', ')}.`);
  });
}

/** The words of a claim. It is a text with words separated by spaces, or a list; anything else is one unknown word. */
function wordsOf(payload: JWTPayload, claim: string): readonly unknown[] {
  const value = claimOf(payload, claim) ?? [];
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  return Array.isArray(value) ? value : [value];
}

/** A claim by its name, or by a path like `realm_access.roles`. */
function claimOf(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}
