import type { Restriction } from './restrictions.ts';
import type { Role } from './roles.ts';

/** Who sends a request, and what they may do. */
export interface Caller {
  /** Verified: the name of an API key, or `jwt:` and the subject of a token. Null without authentication. */
  readonly name: string | null;
  readonly role: Role;
  /** The id of the API key; null without one. */
  readonly keyId: string | null;
  /** What this caller may not do, although the role may. */
  readonly restrictions: readonly Restriction[];
}

/** How callers without authentication are recorded. No API key may have this name. */
export const anonymous = 'unauthenticated';

/** The caller of a service without authentication, which only this machine can reach. */
export const anyone: Caller = { name: null, role: 'operator', keyId: null, restrictions: [] };
