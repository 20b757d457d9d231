import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { endingWithParent, notStarted } from '../../local/end-with-parent.ts';

const start = (program: string, ...words: string[]) =>
  spawn(...endingWithParent(program, words), { stdio: ['pipe', 'pipe', 'pipe'] });

test('arguments, output and exit code are those of the program, and nothing is added', async () => {
  const child = start('bash', '-c', 'echo "$1"; echo error >&2; exit 3', 'bash', `it's "one" $argument`);
  const closed = once(child, 'close');
  expect(await Promise.all([text(child.stdout), text(child.stderr)])).toEqual([`it's "one" $argument\n`, 'error\n']);
  expect(await closed).toEqual([3, null]);
});

test('the program ends when the pipe closes, as it does at the end of the parent', async () => {
  const child = start('bash', '-c', 'echo started; exec sleep 600');
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  child.stdin.destroy();
  // 128 and the number of SIGTERM.
  expect(await closed).toEqual([143, null]);
});

test('a program that does not exist is reported', async () => {
  const child = start('/no/such/program');
  const closed = once(child, 'close');
  expect(await text(child.stderr)).toContain('/no/such/program: No such file or directory');
  const [code] = await closed;
  expect(notStarted).toContain(code);
});
