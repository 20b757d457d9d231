import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

/**
 * TLS with the server's certificate and name checked; false for none.
 *
 * @param tls `caFile` has the authorities to trust, as PEM, instead of those that Node brings. Redshift's certificates
 *   come from Amazon's authorities, which Node knows.
 * @throws where the file can't be read.
 */
export function tlsOptions(tls: { readonly caFile: string | null } | null): ConnectionOptions | false {
  if (tls === null) return false;
  return { rejectUnauthorized: true, ...(tls.caFile === null ? {} : { ca: readFileSync(tls.caFile, 'utf8') }) };
}
