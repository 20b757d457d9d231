import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

/** Only root runs PostgreSQL as another user. */
export const asRoot = process.getuid?.() === 0;

/** Why a test is skipped for any other user. */
export const onlyRoot = 'only root runs PostgreSQL as another user';

// Read before a test sets TMPDIR.
const temporary = tmpdir();

/** A folder that is removed after the test. */
export function testFolder(mode: number): string {
  const folder = realpathSync(mkdtempSync(join(temporary, 'attribution-local-')));
  chmodSync(folder, mode);
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Sets TMPDIR to a folder that is removed after the test. */
export function useTemporaryFolder(mode = 0o1777): string {
  const folder = testFolder(mode);
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  return folder;
}
