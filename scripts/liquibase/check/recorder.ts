import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Puts a Java into JAVA_HOME that notes how it is called, its arguments and the rights on its files, before it becomes
 * the real one.
 */
export function recordJava(realJava: string): { calls(): string; stop(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'attribution-java-'));
  const log = join(folder, 'calls');
  mkdirSync(join(folder, 'bin'));
  writeFileSync(log, '');
  writeFileSync(
    join(folder, 'bin/java'),
    `#!/bin/sh
printf '%s\\n' "$@" >> '${log}'
for argument in "$@"; do
  case "$argument" in --defaults-file=*) ls -l "\${argument#--defaults-file=}" >> '${log}' ;; esac
done
exec '${realJava}' "$@"
`,
  );
  chmodSync(join(folder, 'bin/java'), 0o755);
  const before = process.env.JAVA_HOME;
  process.env.JAVA_HOME = folder;
  return {
    calls: () => readFileSync(log, 'utf8'),
    stop: () => {
      if (before === undefined) delete process.env.JAVA_HOME;
      else process.env.JAVA_HOME = before;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
