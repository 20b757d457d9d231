import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const oldest = 11;

/** The command of a Java that can run Liquibase (11 or later), from JAVA_HOME or the path; null where there is none. */
export async function findJava(env: NodeJS.ProcessEnv = process.env): Promise<string | null> {
  const command = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java';
  try {
    const { stdout, stderr } = await run(command, ['-version'], { env });
    const version = /version "(?:1\.)?(\d+)/.exec(stderr + stdout)?.[1];
    return Number(version) >= oldest ? command : null;
  } catch {
    return null;
  }
}
