import { isLoopback } from './loopback.ts';

/** Where metrics are pushed to. Holds a secret: never to be printed whole. */
export type AdsuiteConfig =
  /** An AdSuite of our own on loopback, beside the embedded warehouse. */
  | { readonly kind: 'sandbox' }
  | { readonly kind: 'server'; readonly url: string; readonly token: string }
  /** Nowhere: pushes are refused, and say what to set. */
  | { readonly kind: 'none' };

/**
 * Reads ADSUITE_URL and ADSUITE_TOKEN.
 *
 * @param faults gets one more for each that is found, without the token in it.
 * @param isEmbedded whether the warehouse is the embedded one, which brings a sandbox.
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
  // A header's value can hold neither line breaks nor letters beyond Latin-1; nobody's token has them.
  else if (!/^[\x21-\x7e]+$/.test(token)) faults.push('ADSUITE_TOKEN has a character that no token has');
  return { kind: 'server', url: url.replace(/\/+$/, ''), token: token ?? '' };
}

function urlFault(text: string): string | null {
  if (!URL.canParse(text)) return 'is not a URL like https://adsuite.example.com';
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username || password) return 'has a user or a password; the token is ADSUITE_TOKEN';
  if (search || hash) return 'has a query or a fragment; it is an address that /v1/iteration-metrics is added to';
  if (protocol === 'https:') return null;
  if (protocol !== 'http:') return 'begins with neither https:// nor http://';
  return isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'))
    ? null
    : 'is http:// to another machine: the token would go there in the clear; use https://';
}
