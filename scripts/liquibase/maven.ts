import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LocalError } from '../../local/errors.ts';

const cache = join(import.meta.dirname, '../../node_modules/.cache/maven');

/** A jar of a Maven repository. */
export interface MavenArtifact {
  readonly group: string;
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

/** Amazon's JDBC driver. docs/liquibase.md says why this version. */
export const redshiftDriver: MavenArtifact = {
  group: 'com.amazon.redshift',
  name: 'redshift-jdbc42',
  version: '2.1.0.18',
  sha256: 'a25892562bdf518f84d6973263967421cc68743097890a7019f014f1f06c0e2c',
};

/**
 * Fetches a jar once, with Maven and its settings, and keeps it below node_modules.
 *
 * @returns its absolute path
 * @throws {LocalError} if Maven is missing or can't fetch it, or it is not the expected file
 */
export async function fetchArtifact(
  { group, name, version, sha256 }: MavenArtifact,
  report: (line: string) => void,
  folder: string = cache,
): Promise<string> {
  const jar = `${name}-${version}.jar`;
  const file = join(folder, jar);
  if (existsSync(file) && digestOf(file) === sha256) return file;
  const artifact = `${group}:${name}:${version}`;
  report(`Fetching ${artifact} with Maven`);
  mkdirSync(folder, { recursive: true });
  // Another process may fetch it too, so a file with its final name is complete.
  const beside = mkdtempSync(join(folder, 'new-'));
  try {
    await copyWithMaven(artifact, beside);
    const found = digestOf(join(beside, jar));
    if (found !== sha256)
      throw new LocalError(`${artifact} has the SHA-256 ${found}. Expected ${sha256}: it was changed.`);
    renameSync(join(beside, jar), file);
    return file;
  } finally {
    rmSync(beside, { recursive: true });
  }
}

async function copyWithMaven(artifact: string, folder: string): Promise<void> {
  const copy = ['--batch-mode', '--quiet', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`];
  await promisify(execFile)('mvn', copy).catch((error: NodeJS.ErrnoException & { stdout?: string }) => {
    if (error.code === 'ENOENT') throw new LocalError('This needs Maven (Debian: apt-get install maven).');
    throw new LocalError(
      `Maven could not fetch ${artifact}:\n${(error.stdout ?? error.message).trim().slice(0, 1000)}`,
    );
  });
}

const digestOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
