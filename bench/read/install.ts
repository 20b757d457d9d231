import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LocalError, reasonOf } from '../../local/errors.ts';

const folder = import.meta.dirname;
const packagesIn = (file: string): Record<string, unknown> =>
  existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};

/**
 * Installs the packages of bench/read/package-lock.json into bench/read/node_modules, if one is missing or has another
 * version.
 *
 * @throws {LocalError} if npm fails
 */
export async function installPackages(report: (line: string) => void): Promise<void> {
  const installed = packagesIn(join(folder, 'node_modules/.package-lock.json'));
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const wanted = packagesIn(join(folder, 'package-lock.json'));
  const versionOf = (packages: Record<string, unknown>, name: string) =>
    (packages[`node_modules/${name}`] as { version?: string } | undefined)?.version;
  if (Object.keys(dependencies).every((name) => versionOf(installed, name) === versionOf(wanted, name))) return;
  report('Installing the other servers from npm into bench/read');
  const npm = spawn('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<string | null>((resolve) => {
    npm.once('error', (error) => resolve(reasonOf(error)));
    npm.once('close', (code) => resolve(code === 0 ? null : `npm ended with ${code}`));
  });
  const [failure, printed] = await Promise.all([ended, text(npm.stderr)]);
  if (failure !== null) throw new LocalError(`npm could not install the other servers: ${printed.trim() || failure}`);
}
