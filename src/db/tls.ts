import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

/**
 * TLS with the server's certificate and name checked; false for none.
 *
 * @param tls `caFile` has the authorities to trust, as PEM, instead of those that Node brings. Redshift's certificates
 *   come from Amazon's authorities, which Node knows.
 * @throws where the file can't be read, or holds no certificate.
 */
export function tlsOptions(tls: { readonly caFile: string | null } | null): ConnectionOptions | false {
  if (tls === null) return false;
  return { rejectUnauthorized: true, ...(tls.caFile === null ? {} : { ca: authorities(tls.caFile) }) };
}

function authorities(file: string): string {
  const pem = readFileSync(file, 'utf8');
  // From an empty file Node would take its own authorities, and of any other text none, without a word.
  try {
    new X509Certificate(pem);
  } catch {
    throw new Error(`${file} is no certificate in PEM form`);
  }
  return pem;
}
