import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pythonEnvironment } from '../../local/python/environment.ts';
import { testFolder } from './support.ts';

const silent = () => expect.fail('started to install');

/** A program that prints what a Python of this version would. */
function printingPython(folder: string, version: string): string {
  const python = join(folder, `python${version}`);
  writeFileSync(python, `#!/bin/sh\necho ${version.replace('.', ' ')} ${python}\n`, { mode: 0o755 });
  return python;
}

function emptyPlace(): { cache: string; locks: string } {
  const locks = testFolder(0o755);
  for (const name of ['dbt', 'airflow-2']) writeFileSync(join(locks, `${name}.txt`), '');
  return { cache: join(locks, 'cache'), locks };
}

test.each([
  ['airflow-2', '3.13', '3.10 to 3.12'],
  ['airflow-3', '3.15', '3.10 to 3.14'],
  ['dbt', '3.14', '3.10 to 3.13'],
  ['dbt', '3.9', '3.10 to 3.13'],
  ['dbt', '2.7', '3.10 to 3.13'],
] as const)('%s refuses Python %s', async (name, version, range) => {
  const place = emptyPlace();
  const python = printingPython(place.locks, version);
  await expect(pythonEnvironment(name, silent, { ...place, python })).rejects.toThrow(
    `${name} needs Python ${range} with venv (Debian: apt-get install python3-venv). ` +
      `${python} is ${version}. PYTHON sets the path of another one.`,
  );
});

test('a PYTHON that does not run is reported', async () => {
  const place = emptyPlace();
  await expect(pythonEnvironment('dbt', silent, { ...place, python: '/missing/python' })).rejects.toThrow(
    '/missing/python does not run. PYTHON sets',
  );
});

test('an environment is used while its Python runs, and only with the version of Python it was made for', async () => {
  const place = emptyPlace();
  const python = printingPython(place.locks, '3.12');
  const lines: string[] = [];
  const find = (path: string) => pythonEnvironment('airflow-2', (line) => lines.push(line), { ...place, python: path });
  // There is no uv.txt, so every installation fails; its message names the file.
  await expect(find(python)).rejects.toThrow(/uv\.txt/);

  // Of the empty lock file and the version.
  const digest = createHash('sha256').update('3,12').digest('hex').slice(0, 12);
  const bin = join(place.cache, `airflow-2-${digest}/bin`);
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'python'), '#!/bin/sh\necho 3 12 here\n', { mode: 0o755 });
  expect(await find(python)).toMatchObject({ bin });
  await expect(find(printingPython(place.locks, '3.11'))).rejects.toThrow(/uv\.txt/);

  writeFileSync(join(bin, 'python'), '#!/missing/python\n');
  await expect(find(python)).rejects.toThrow(/uv\.txt/);
  expect(readdirSync(place.cache)).toEqual([`airflow-2-${digest}`]);
  expect(lines).toEqual([]);
});
