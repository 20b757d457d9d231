import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { fetchArtifact } from '../../scripts/liquibase/maven.ts';

const artifact = { path: 'org/example/tool/1/tool-1.jar', sha256: createHash('sha256').update('jar').digest('hex') };
const requests: string[] = [];
let content = 'jar';
const repository = createServer((request, response) => {
  requests.push(request.url ?? '');
  response.writeHead(request.url === `/maven/${artifact.path}` ? 200 : 404).end(content);
});
const folder = mkdtempSync(join(tmpdir(), 'attribution-maven-'));
let address: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => repository.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(repository.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => repository.close(resolve));
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  rmSync(join(folder, 'tool-1.jar'), { force: true });
  requests.length = 0;
  content = 'jar';
});

const fetchFrom = (url: string) => fetchArtifact(artifact, () => {}, { MAVEN_URL: url }, folder);

test('a file is fetched once from the repository that MAVEN_URL names', async () => {
  for (let run = 0; run < 2; run += 1) {
    expect(readFileSync(await fetchFrom(`${address}/maven/`), 'utf8')).toBe('jar');
  }
  expect(requests).toEqual([`/maven/${artifact.path}`]);
});

test('a file with another digest is refused, whether fetched or kept', async () => {
  content = 'another jar';
  await expect(fetchFrom(`${address}/maven`)).rejects.toThrow(`Expected ${artifact.sha256}`);
  content = 'jar';
  writeFileSync(join(folder, 'tool-1.jar'), 'half a j');
  expect(readFileSync(await fetchFrom(`${address}/maven`), 'utf8')).toBe('jar');
});

test('the error names the address and the remedy', async () => {
  await expect(fetchFrom(address)).rejects.toThrow(
    `${address}/${artifact.path} could not be fetched (status 404). MAVEN_URL sets another Maven repository.`,
  );
  await expect(fetchFrom('http://127.0.0.1:1')).rejects.toThrow(/could not be fetched \(.+\)\. MAVEN_URL/);
});
