import { DomainError } from '../errors.ts';

const realm = 'Bearer realm="attribution-api"';

/** What the log has beside the problem. */
interface ForLog {
  /** The id of the key, if the request has its secret. */
  readonly keyId?: string;
  /** Why a token is not valid: never a part of it. */
  readonly detail?: string;
}

/** No credentials, or credentials that are not valid. The message never quotes them. */
export class Unauthenticated extends DomainError {
  readonly problem: string;
  readonly forLog: ForLog;

  /** @param problem a sentence, for display; omitted: the request has no credentials. */
  constructor(problem?: string, forLog: ForLog = {}) {
    const challenge = problem === undefined ? realm : `${realm}, error="invalid_token", error_description="${problem}"`;
    super(
      'UNAUTHENTICATED',
      `${problem ?? 'This service requires an API key or a token.'} Send it as a header: Authorization: Bearer <key>`,
      401,
      { headers: new Map([['www-authenticate', challenge]]) },
    );
    this.problem = problem ?? 'The request has no Authorization header.';
    this.forLog = forLog;
  }
}

/** The caller is known, but may not do this. */
export class Forbidden extends DomainError {
  constructor(message: string) {
    super('FORBIDDEN', message, 403);
  }
}

/** The keys that tokens are signed with can't be fetched, so no token can be verified. */
export class AuthenticationUnavailable extends DomainError {
  constructor(options?: ErrorOptions) {
    super(
      'AUTHENTICATION_UNAVAILABLE',
      "The identity provider's signing keys are unavailable, so tokens can't be verified. Retry in a moment, or use an API key.",
      503,
      { ...options, headers: new Map([['retry-after', '5']]) },
    );
  }
}
