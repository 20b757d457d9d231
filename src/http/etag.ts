import { createHash } from 'node:crypto';

/**
 * The tag of what an answer follows from. Weak: the same answer may be sent with or without compression.
 *
 * @param parts JSON values.
 */
export const etagOf = (...parts: readonly unknown[]): string =>
  `W/"${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}"`;

/** Whether an `If-None-Match` header has the tag (RFC 9110, 13.1.2): in a list, weak or strong, or as `*`. */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return ifNoneMatch.split(',').some((tag) => opaque(tag) === opaque(etag));
}
