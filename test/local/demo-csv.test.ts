import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../scripts/demo-csv.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'demo-csv-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  return { status, stderr };
}

test('writes the five files', () => {
  expect(run(join(folder, 'new/csv'), '--scale', '0.01')).toEqual({ status: 0, stderr: '' });
  expect(readdirSync(join(folder, 'new/csv'))).toHaveLength(5);
});

test.each([
  { args: [] },
  { args: ['--help'] },
  { args: [folder, 'another'] },
  { args: [folder, '--scale', 'abc'] },
  { args: [folder, '--scale', 'Infinity'] },
  { args: [folder, '--end', '2026-02-30'] },
])('wrong arguments show the usage: $args', ({ args }) => {
  expect(run(...args)).toEqual({
    status: 2,
    stderr: 'usage: node scripts/demo-csv.ts <folder> [--scale 10] [--end 2026-06-29]\n',
  });
});

test('a folder that cannot be made is reported in one sentence, with the remedy', () => {
  const { status, stderr } = run(join(program, 'csv'));
  expect(status).toBe(1);
  expect(stderr).toMatch(/^Can't write to .*ENOTDIR.*\. Name a folder that you can write to\.\n$/);
});
