import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LocalError, reasonOf } from '../../local/errors.ts';

const cache = join(import.meta.dirname, '../../node_modules/.cache/maven');
const mavenCentral = 'https://repo1.maven.org/maven2';
const timeoutMilliseconds = 60_000;

/** A file of a Maven repository. */
export interface MavenArtifact {
  /** Below the repository's address. */
  readonly path: string;
  readonly sha256: string;
}

/** Amazon's JDBC driver. docs/liquibase.md says why this version. */
export const redshiftDriver: MavenArtifact = {
  path: 'com/amazon/redshift/redshift-jdbc42/2.1.0.18/redshift-jdbc42-2.1.0.18.jar',
  sha256: 'a25892562bdf518f84d6973263967421cc68743097890a7019f014f1f06c0e2c',
};

/**
 * Fetches a file once, from Maven Central or the mirror that MAVEN_URL names, and keeps it below node_modules.
 *
 * @returns its absolute path
 * @throws {LocalError} if the repository does not answer, or its file is not the expected one
 */
export async function fetchArtifact(
  { path, sha256 }: MavenArtifact,
  report: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
  folder: string = cache,
): Promise<string> {
  const file = join(folder, basename(path));
  if (existsSync(file) && digestOf(readFileSync(file)) === sha256) return file;
  const url = `${(env.MAVEN_URL || mavenCentral).replace(/\/+$/, '')}/${path}`;
  report(`Fetching ${url}`);
  const bytes = await download(url);
  const found = digestOf(bytes);
  if (found !== sha256) throw new LocalError(`${url} has the SHA-256 ${found}. Expected ${sha256}: it was changed.`);
  mkdirSync(folder, { recursive: true });
  // Another process may fetch it too, so a file with its final name is complete.
  const beside = `${file}.${process.pid}`;
  writeFileSync(beside, bytes);
  renameSync(beside, file);
  return file;
}

async function download(url: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMilliseconds) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    const cause = error instanceof Error && error.cause ? error.cause : error;
    throw new LocalError(`${url} could not be fetched (${reasonOf(cause)}). MAVEN_URL sets another Maven repository.`);
  }
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
