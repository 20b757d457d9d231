import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { changelogFile, changelogFolder } from './changelog.ts';
import { installLiquibase } from './install.ts';
import { blotter } from './parameters.ts';
import { ChangelogError, type ChangelogRun } from './types.ts';

/** What an update or a rollback on PostgreSQL needs of the package's jars; it has a hundred megabytes of other drivers. */
const jars = ['liquibase-core', 'picocli', 'snakeyaml', 'opencsv', 'postgresql'].concat(
  ['collections4', 'io', 'lang3', 'text'].map((name) => `commons-${name}`),
);

/** Empty lines, and what Liquibase says of its commercial part, which is not used. */
const noise = /^\s*$|^WARNING: License service not loaded/;

/**
 * Runs one command of Liquibase on the changelog, for example `['update']`. Passwords reach it in a file that only this
 * user can read, since arguments are seen by every user of the machine. A Redshift needs its driver and Liquibase's
 * extension in LIQUIBASE_CLASSPATH, which Liquibase reads itself.
 * @returns what it printed
 * @throws ChangelogError with the reason that it printed, secrets blotted out, when it fails
 */
export async function runLiquibase(
  java: string,
  { connection, context, parameters, report }: ChangelogRun,
  command: readonly string[],
  url: string = jdbcUrl(connection, context),
): Promise<string[]> {
  const folder = await installLiquibase(report);
  const blot = blotter(parameters, connection.password);
  const own = mkdtempSync(join(tmpdir(), 'attribution-liquibase-'));
  try {
    const defaults = join(own, 'liquibase.properties');
    writeFileSync(
      defaults,
      properties({
        'liquibase.command.url': url,
        'liquibase.command.username': connection.user,
        'liquibase.command.password': connection.password,
        'liquibase.command.changelogFile': changelogFile,
        'liquibase.command.contexts': context,
        'liquibase.searchPath': changelogFolder,
        'liquibase.showBanner': 'false',
        'liquibase.changelogLockWaitTimeInMinutes': '1',
        ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`parameter.${name}`, value])),
      }),
      { mode: 0o600 },
    );
    const classpath = jars.map((jar) => join(folder, `${jar}.jar`)).join(delimiter);
    const main = 'liquibase.integration.commandline.LiquibaseCommandLine';
    const args = ['-XX:TieredStopAtLevel=1', '-cp', classpath, main, `--defaults-file=${defaults}`, ...command];
    const lines: string[] = [];
    const code = await lineByLine(java, args, (line) => {
      if (noise.test(line)) return;
      lines.push(blot(line));
      report(blot(line));
    });
    if (code !== 0) throw new ChangelogError(`Liquibase failed. ${reason(lines)}`);
    return lines;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** The one line of what Liquibase printed that tells why, and what belongs to it. */
function reason(lines: readonly string[]): string {
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

/** A Java properties file: values escaped, everything beyond ASCII as \\uXXXX. */
function properties(values: Readonly<Record<string, string>>): string {
  const escaped = (value: string) =>
    value
      .replaceAll(/[\\ :=#!]/g, '\\$&')
      .replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return Object.entries(values)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('');
}

/** Gives the exit code once everything that was printed has been told. */
async function lineByLine(command: string, args: readonly string[], tell: (line: string) => void): Promise<number> {
  const child = spawn(command, args, { env: withoutOwnSettings(), stdio: ['ignore', 'pipe', 'pipe'] });
  const told = [child.stdout, child.stderr].map(async (input) => {
    for await (const line of createInterface({ input })) tell(line);
  });
  const [code] = await once(child, 'close');
  await Promise.all(told);
  return code ?? 1;
}

/** The environment without settings of Liquibase: LIQUIBASE_COMMAND_URL, say, would count more than the file. */
function withoutOwnSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('LIQUIBASE_') || name === 'LIQUIBASE_CLASSPATH'),
  );
}
