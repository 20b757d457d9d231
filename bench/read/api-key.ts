import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatApiKey, hashSecret, makeApiKey } from '../../src/auth/api-key.ts';
import { formatKeysFile, type StoredKey } from '../../src/auth/keys-file.ts';

/** An API key of a viewer, and the file that a service knows it from. */
export interface ViewerKey {
  readonly file: string;
  /** The headers of a request with the key. */
  readonly headers: Readonly<Record<string, string>>;
  remove(): void;
}

/** Makes a key in a temporary file. */
export function makeViewerKey(): ViewerKey {
  const folder = mkdtempSync(join(tmpdir(), 'attribution-bench-read-'));
  const file = join(folder, 'keys.json');
  const key = makeApiKey();
  const stored: StoredKey = {
    id: key.id,
    name: 'bench',
    role: 'viewer',
    restrictions: [],
    sha256: hashSecret(key.secret),
    created: new Date().toISOString(),
    expires: null,
    revoked: null,
  };
  writeFileSync(file, formatKeysFile([stored]), { mode: 0o600 });
  return {
    file,
    headers: { authorization: `Bearer ${formatApiKey(key)}` },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
