import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { LocalError } from '../../local/errors.ts';
import { type ChangelogRun, changelogFile, changelogFolder, redactor } from './changelog.ts';
import { fetchArtifact, redshiftDriver } from './maven.ts';

const oldestJava = 11;

/** The Java command from JAVA_HOME or PATH; null if there is none or it is too old for Liquibase (before 11). */
export async function findJava(env: NodeJS.ProcessEnv = process.env): Promise<string | null> {
  const command = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java';
  try {
    const { stdout, stderr } = await promisify(execFile)(command, ['-version'], { env });
    const version = /version "(?:1\.)?(\d+)/.exec(stderr + stdout)?.[1];
    return Number(version) >= oldestJava ? command : null;
  } catch {
    return null;
  }
}

const versionIn = (file: string, name: string): unknown =>
  existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages?.[name]?.version : undefined;

/**
 * Installs the version of Liquibase in warehouse/liquibase/package-lock.json, if it is missing.
 *
 * @returns the folder of its jars
 * @throws {LocalError} if npm fails
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
    const printed: Buffer[] = [];
    npm.stderr.on('data', (chunk: Buffer) => printed.push(chunk));
    npm.once('error', reject);
    npm.once('close', (code) =>
      code === 0 ? resolve() : reject(new LocalError(`npm could not install Liquibase:\n${Buffer.concat(printed)}`)),
    );
  });
}

/** The jars that an update or a rollback on PostgreSQL needs. The package has 100 MB of other drivers. */
const jars = ['liquibase-core', 'picocli', 'snakeyaml', 'opencsv', 'postgresql'].concat(
  ['collections4', 'io', 'lang3', 'text'].map((name) => `commons-${name}`),
);

/** Where a command differs from one on the changelog at the run's connection. */
export interface CommandOptions {
  readonly url?: string;
  /** The folder of another changelog.yaml. */
  readonly folder?: string;
}

/** Empty lines, and a warning on Liquibase's commercial part, which is not used. */
const noise = /^\s*$|^WARNING: License service not loaded/;

/**
 * Runs a Liquibase command on the changelog, for example `['update']`. Passwords are passed in a file that only this user
 * can read, since all users of the machine can see arguments. For Redshift, LIQUIBASE_CLASSPATH must name Liquibase's
 * extension; Amazon's driver is fetched.
 *
 * @returns the printed lines, passwords redacted
 * @throws {LocalError} with the reason that Liquibase printed, passwords redacted
 */
export async function runLiquibase(
  java: string,
  { connection, context, parameters, report }: ChangelogRun,
  command: readonly string[],
  { url = jdbcUrl(connection, context), folder = changelogFolder }: CommandOptions = {},
): Promise<string[]> {
  const classpath = await classpathFor(url, report);
  const redact = redactor(parameters, connection.password);
  const temporary = mkdtempSync(join(tmpdir(), 'attribution-liquibase-'));
  try {
    const defaults = join(temporary, 'liquibase.properties');
    writeFileSync(
      defaults,
      javaProperties({
        'liquibase.command.url': url,
        'liquibase.command.username': connection.user,
        'liquibase.command.password': connection.password,
        'liquibase.command.changelogFile': changelogFile,
        'liquibase.command.contexts': context,
        'liquibase.searchPath': folder,
        'liquibase.showBanner': 'false',
        'liquibase.changelogLockWaitTimeInMinutes': '1',
        ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`parameter.${name}`, value])),
      }),
      { mode: 0o600 },
    );
    const main = 'liquibase.integration.commandline.LiquibaseCommandLine';
    const args = ['-XX:TieredStopAtLevel=1', '-cp', classpath, main, `--defaults-file=${defaults}`, ...command];
    const lines: string[] = [];
    const code = await runByLine(java, args, (line) => {
      if (noise.test(line)) return;
      lines.push(redact(line));
      report(redact(line));
    });
    if (code !== 0) throw new LocalError(`Liquibase failed. ${reasonIn(lines)}`);
    return lines;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function classpathFor(url: string, report: ChangelogRun['report']): Promise<string> {
  const folder = await installLiquibase(report);
  const driver = url.startsWith('jdbc:redshift:') ? [await fetchArtifact(redshiftDriver, report)] : [];
  return [...jars.map((jar) => join(folder, `${jar}.jar`)), ...driver].join(delimiter);
}

/** The lines of Liquibase's output that contain the reason for a failure. */
function reasonIn(lines: readonly string[]): string {
  const start = lines.findIndex((line) => line.startsWith('Unexpected error running Liquibase'));
  return lines
    .slice(start < 0 ? -20 : start)
    .filter((line) => !line.startsWith('For more information'))
    .join('\n');
}

function jdbcUrl({ host, port, database }: ChangelogRun['connection'], context: ChangelogRun['context']): string {
  const server = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `jdbc:${context === 'redshift' ? 'redshift' : 'postgresql'}://${server}/${encodeURIComponent(database)}`;
}

/** The text of a Java properties file: values escaped, characters beyond ASCII as \\uXXXX. */
function javaProperties(values: Readonly<Record<string, string>>): string {
  const escaped = (value: string) =>
    value
      .replaceAll(/[\\ :=#!]/g, '\\$&')
      .replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return Object.entries(values)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('');
}

/** Runs a program and calls `onLine` with each line of its output. Returns the exit code. */
async function runByLine(command: string, args: readonly string[], onLine: (line: string) => void): Promise<number> {
  const child = spawn(command, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const outputs = [child.stdout, child.stderr].map(async (input) => {
    for await (const line of createInterface({ input })) onLine(line);
  });
  const [code] = await once(child, 'close');
  await Promise.all(outputs);
  return code ?? 1;
}

/** Without Liquibase's variables, since LIQUIBASE_COMMAND_URL and the like override the file. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('LIQUIBASE_') || name === 'LIQUIBASE_CLASSPATH'),
  );
}
