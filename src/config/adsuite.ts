import { isLoopback } from './loopback.ts';
import { optionalText } from './variables.ts';

/** Where metrics are pushed to. Contains a secret: do not log it. */
export type AdsuiteConfig =
  /** The AdSuite sandbox on loopback, beside the embedded warehouse. */
  | { readonly kind: 'sandbox' }
  | { readonly kind: 'server'; readonly url: string; readonly token: string }
  /** Nowhere: pushes fail with PUSH_NOT_CONFIGURED. */
  | { readonly kind: 'none' };

export const adsuiteVariables = {
  ADSUITE_URL: optionalText(
    'Base URL of AdSuite, to which metrics are [pushed](push.md) by [the contract](../contracts/adsuite-metrics.openapi.yaml): https, or http on loopback.',
    'a [sandbox](sandbox.md) if warehouse and ledger are embedded; else pushes fail with `PUSH_NOT_CONFIGURED`',
  ),
  ADSUITE_TOKEN: optionalText('Bearer token for AdSuite. Required with `ADSUITE_URL`.', 'none'),
};

/**
 * Reads ADSUITE_URL and ADSUITE_TOKEN.
 *
 * @param faults gets each fault. A fault never contains the token.
 * @param isEmbedded whether the warehouse is embedded, which includes a sandbox.
 */
export function readAdsuite(
  url: string | undefined,
  token: string | undefined,
  isEmbedded: boolean,
  faults: string[],
): AdsuiteConfig {
  if (url === undefined) {
    if (token !== undefined) faults.push('ADSUITE_TOKEN is set, but ADSUITE_URL is not');
    return { kind: isEmbedded ? 'sandbox' : 'none' };
  }
  const fault = urlFault(url);
  if (fault !== null) faults.push(`ADSUITE_URL ${fault}`);
  if (token === undefined) faults.push('ADSUITE_TOKEN is not set, but ADSUITE_URL is');
  // It must fit in an HTTP header.
  else if (!/^[\x21-\x7e]+$/.test(token))
    faults.push('ADSUITE_TOKEN has a character that does not fit in an HTTP header; only visible ASCII does');
  return { kind: 'server', url: url.replace(/\/+$/, ''), token: token ?? '' };
}

function urlFault(text: string): string | null {
  if (!URL.canParse(text)) return 'is not a URL like https://adsuite.example.com';
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username || password) return 'has a user or a password; set ADSUITE_TOKEN instead';
  if (search || hash) return 'has a query or a fragment; remove it, because /v1/iteration-metrics is appended';
  if (protocol === 'https:') return null;
  if (protocol !== 'http:') return 'starts with neither https:// nor http://';
  return isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'))
    ? null
    : 'is http:// to another machine, which would send the token unencrypted; use https://';
}
