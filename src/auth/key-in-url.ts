import { keyPrefix } from './api-key.ts';

/** Names of parameters that clients use for keys. */
const keyParameters =
  /^(access[_-]?token|id[_-]?token|(x[_-])?api[_-]?key|authorization|auth|bearer|jwt|key|token|secret)$/i;

/** The start of an API key. */
const keyStart = new RegExp(`${keyPrefix}[0-9a-f]{12}_`);

/** The start of a JSON object in base64url, and so of a token. */
const tokenStart = 'eyJ';

/** Whether a URL has a key or a token, or a parameter that is meant for one. */
export function hasKeyInUrl(url: string): boolean {
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
  return [...new URLSearchParams(query).keys()].some((name) => keyParameters.test(name)) || hasSecret(url);
}

/** The path of a URL, to be logged. Without the query, which may hold a key, and without anything that resembles one. */
export function pathForLog(url: string): string {
  const [path = ''] = url.split(/[?#;]/);
  const text = decoded(path);
  if (text.includes(keyPrefix) || text.includes(tokenStart) || text.includes('%')) return '[redacted]';
  return path.length > 200 ? `${path.slice(0, 200)}…` : path;
}

const hasSecret = (url: string): boolean =>
  [url, decoded(url)].some((text) => keyStart.test(text) || text.split(/[^\w.-]+/).some(hasToken));

/** Whether a text has three parts separated by dots, as tokens do. Without a regular expression, which could take long. */
function hasToken(text: string): boolean {
  const parts = text.split('.');
  return parts.some((part, at) => {
    const start = part.indexOf(tokenStart);
    return start >= 0 && part.length - start > 10 && Boolean(parts[at + 1]) && parts[at + 2] !== undefined;
  });
}

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
