import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { faultKinds } from '../../src/embedded/sandbox/faults.ts';

test('docs/sandbox.md lists every kind of fault', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/sandbox.md'), 'utf8');
  const listed = [...docs.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind);
  expect(listed.toSorted()).toEqual(faultKinds.toSorted());
});
