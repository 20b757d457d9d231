import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const source = join(import.meta.dirname, '..');

let version: string | null = null;

/**
 * Identifies the code of the service: a hash of its files and of the versions of its libraries. Equal in all replicas of a
 * release, and never equal by mistake, as the version in package.json could be.
 */
export function serviceVersion(): string {
  if (version !== null) return version;
  const hash = createHash('sha256');
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => /\.[jt]s$/.test(name));
  const files = names.toSorted().map((name) => join(source, name));
  // An image may have no lock file.
  for (const path of [...files, ...[join(source, '../package-lock.json')].filter(existsSync)])
    hash.update(readFileSync(path));
  version = hash.digest('base64url');
  return version;
}
