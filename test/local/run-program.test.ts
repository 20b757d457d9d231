import { expect, test } from 'vitest';
import { runProgram } from '../../local/run-program.ts';

test('every line of both outputs is passed on, and the exit code is the program’s', async () => {
  const lines: string[] = [];
  const result = await runProgram('bash', ['-c', 'echo one; echo two >&2; printf three; exit 3'], {
    env: { PATH: process.env.PATH },
    onLine: (line) => lines.push(line),
  });
  expect(result.code).toBe(3);
  expect(result.output.split('\n')).toEqual(lines);
  expect(lines.toSorted()).toEqual(['one', 'three', 'two']);
});

test('the program gets the given environment and folder only', async () => {
  const { output } = await runProgram('bash', ['-c', 'echo "$PWD $FIRST $SECOND"'], {
    env: { PATH: process.env.PATH, FIRST: 'first' },
    cwd: '/',
  });
  expect(output).toBe('/ first ');
});

test('a program is ended by its signal, also if that was aborted before', async () => {
  const controller = new AbortController();
  const options = { env: { PATH: process.env.PATH }, signal: controller.signal, onLine: () => controller.abort() };
  const words = ['-c', 'echo started; exec sleep 600'];
  // 128 and the number of SIGTERM.
  expect((await runProgram('bash', words, options)).code).toBe(143);
  expect((await runProgram('bash', words, options)).code).toBe(143);
});

test('a program that does not exist is named', async () => {
  await expect(runProgram('/no/such/program', [], { env: { PATH: process.env.PATH } })).rejects.toThrow(
    "/no/such/program can't be started",
  );
});
