import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const source = join(import.meta.dirname, '..');

let version: string | null = null;

/**
 * Identifies the code of the service: a hash of its files and of the versions of its libraries. Equal in all replicas of a
 * release. The version in package.json would stay the same if somebody forgot to change it.
 */
export function serviceVersion(): string {
  if (version !== null) return version;
  const hash = createHash('sha256');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?<!\.d)\.[jt]s$/.test(name),
  );
  for (const path of [...files.toSorted().map((name) => join(source, name)), join(source, '../package-lock.json')]) {
    hash.update(readFileSync(path));
  }
  version = hash.digest('base64url');
  return version;
}
