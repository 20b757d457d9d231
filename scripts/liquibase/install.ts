import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { changelogFolder } from './changelog.ts';
import { ChangelogError } from './types.ts';

const versionIn = (file: string, name: string): unknown =>
  existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages?.[name]?.version : undefined;

/**
 * Installs the Liquibase that warehouse/liquibase/package-lock.json names, unless it is there.
 * @returns the folder of its jars
 * @throws ChangelogError when npm fails
 */
export async function installLiquibase(report: (line: string) => void): Promise<string> {
  const name = 'node_modules/liquibase';
  const wanted = versionIn(join(changelogFolder, 'package-lock.json'), name);
  if (versionIn(join(changelogFolder, 'node_modules/.package-lock.json'), name) !== wanted) {
    report(`Installing Liquibase ${wanted} from npm into warehouse/liquibase`);
    await npmInstall();
  }
  return join(changelogFolder, name, 'dist/liquibase/internal/lib');
}

function npmInstall(): Promise<void> {
  return new Promise((resolve, reject) => {
    const npm = spawn('npm', ['ci', '--prefix', changelogFolder, '--no-audit', '--no-fund', '--loglevel=error'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said: Buffer[] = [];
    npm.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    npm.once('error', reject);
    npm.once('close', (code) =>
      code === 0 ? resolve() : reject(new ChangelogError(`npm could not install Liquibase:\n${Buffer.concat(said)}`)),
    );
  });
}
