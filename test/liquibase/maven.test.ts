import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fetchArtifact } from '../../scripts/liquibase/maven.ts';

const sha256 = createHash('sha256').update('jar').digest('hex');
const artifact = { group: 'org.example', name: 'tool', version: '1', sha256 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'attribution-maven-'));
  // Without Maven.
  vi.stubEnv('PATH', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('a kept jar is used without Maven if it is the expected file', async () => {
  writeFileSync(join(folder, 'tool-1.jar'), 'jar');
  const lines: string[] = [];
  expect(await fetchArtifact(artifact, (line) => lines.push(line), folder)).toBe(join(folder, 'tool-1.jar'));
  expect(lines).toEqual([]);
});

test.each(['half a j', null])('otherwise Maven is needed, and nothing is left behind: %j', async (content) => {
  if (content !== null) writeFileSync(join(folder, 'tool-1.jar'), content);
  await expect(fetchArtifact(artifact, () => {}, folder)).rejects.toThrow(
    'This needs Maven (Debian: apt-get install maven)',
  );
  expect(readdirSync(folder)).toEqual(content === null ? [] : ['tool-1.jar']);
});
