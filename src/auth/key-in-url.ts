import { keyPrefix } from './api-key.ts';

/** Names of parameters that clients use for keys. */
const keyParameters =
  /^(access[_-]?token|id[_-]?token|(x[_-])?api[_-]?key|authorization|auth|bearer|jwt|key|token|secret)$/i;

/** The start of an API key, or of a token: `eyJ` is the start of a JSON object in base64url. */
const secretPattern = new RegExp(`${keyPrefix}[0-9a-f]{12}_|eyJ[\\w-]{8,}\\.[\\w-]+\\.`);

/** Whether a URL has a key or a token, or a parameter that is meant for one. */
export function hasKeyInUrl(url: string): boolean {
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
  return [...new URLSearchParams(query).keys()].some((name) => keyParameters.test(name)) || hasSecret(url);
}

/** The path of a URL, to be logged. Without the query, which may hold a key, and without anything that resembles one. */
export function pathForLog(url: string): string {
  const [path = ''] = url.split(/[?#;]/);
  const text = decoded(path);
  if (text.includes(keyPrefix) || text.includes('eyJ') || text.includes('%')) return '[redacted]';
  return path.length > 200 ? `${path.slice(0, 200)}…` : path;
}

const hasSecret = (url: string): boolean => secretPattern.test(url) || secretPattern.test(decoded(url));

/** Decodes twice, as some clients encode twice. Leaves malformed escapes as they are. */
function decoded(text: string): string {
  const once = (from: string) =>
    from.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
      try {
        return decodeURIComponent(escapes);
      } catch {
        return escapes;
      }
    });
  return once(once(text));
}
