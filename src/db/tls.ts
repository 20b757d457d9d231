import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

/**
 * TLS options that verify the server's certificate and host name; false if `tls` is null (no TLS).
 *
 * @param tls `caFile` is a PEM file of certificate authorities to trust instead of Node's. Redshift's certificates come
 *   from Amazon's authorities, which Node trusts.
 * @throws if the file can't be read or holds no certificate.
 */
export function tlsOptions(tls: { readonly caFile: string | null } | null): ConnectionOptions | false {
  if (tls === null) return false;
  return { rejectUnauthorized: true, ...(tls.caFile === null ? {} : { ca: authorities(tls.caFile) }) };
}

function authorities(file: string): string {
  const pem = readFileSync(file, 'utf8');
  // Node reports neither an empty file (it uses its own authorities) nor any other text (it trusts none).
  try {
    new X509Certificate(pem);
  } catch {
    throw new Error(`${file} is not a certificate in PEM format`);
  }
  return pem;
}
