import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { EmbeddedStoreError } from '../embedded-error.ts';
import { type Sandbox, startSandbox } from './index.ts';

const Access = z.object({ port: z.int().min(1).max(65_535), token: z.string().min(1) });

/**
 * Starts a sandbox that keeps its state, port and token in a folder, so that scripts and bookmarks work after a restart. If
 * another process uses the port, it takes a free one.
 *
 * @throws {EmbeddedStoreError} if the folder can't be used.
 */
export async function startKeptSandbox(folder: string): Promise<{ readonly sandbox: Sandbox; readonly token: string }> {
  const file = join(folder, 'access.json');
  const kept = readAccess(file);
  const token = kept?.token ?? randomBytes(24).toString('base64url');
  const start = (port: number) => startSandbox({ port, token, folder, now: () => new Date() });
  const sandbox = await start(kept?.port ?? 0).catch((error) => {
    if (kept === null || !(error instanceof EmbeddedStoreError)) throw error;
    return start(0);
  });
  const port = Number(new URL(sandbox.url).port);
  if (port !== kept?.port) writeAccess(folder, file, { port, token });
  return { sandbox, token };
}

/** Null if the file is missing or damaged. */
function readAccess(file: string): z.infer<typeof Access> | null {
  try {
    return Access.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

function writeAccess(folder: string, file: string, access: z.infer<typeof Access>): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Renamed, so that a crash never leaves half a file.
  writeFileSync(`${file}.new`, `${JSON.stringify(access)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
