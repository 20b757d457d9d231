import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What Redshift documents and Debian's sqlfluff (1.4) does not know, with the nearest thing that it knows: a
 * materialized view with table attributes, whose attributes and query are those of a CREATE TABLE AS; a session's
 * authorization; default privileges of a role.
 */
const unknown: readonly (readonly [RegExp, string])[] = [
  [/create materialized view (\S+)\n(diststyle all\nsortkey \([^)]+\)\n)auto refresh no\nas/g, 'create table $1\n$2as'],
  [/set local session authorization ('[^']+'|default);/g, `set search_path to $1;`],
  [/(alter default privileges .* (?:to|from)) role /g, '$1 group '],
];

/**
 * Has sqlfluff parse SQL, by name, as Redshift's.
 * @throws Error naming what it could not parse, and when one of the replacements above found nothing to replace
 */
export function parseAsRedshift(sources: Readonly<Record<string, string>>): void {
  const all = Object.values(sources).join('\n');
  const needless = unknown.filter(([pattern]) => all.search(pattern) < 0);
  if (needless.length > 0) throw new Error(`Nothing is left to replace for ${needless.map(String).join(', ')}.`);
  const folder = mkdtempSync(join(tmpdir(), 'attribution-sqlfluff-'));
  try {
    for (const [name, sql] of Object.entries(sources)) {
      const known = unknown.reduce((text, [pattern, near]) => text.replaceAll(pattern, near), sql);
      const file = join(folder, `${name}.sql`);
      writeFileSync(file, known);
      const { stdout, stderr, status, error } = spawnSync('sqlfluff', ['parse', '--dialect', 'redshift', file], {
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
      });
      const statements = stdout?.match(/^\[.*\] +\| {4}statement:/gm)?.length ?? 0;
      if (error || status !== 0 || statements === 0 || /unparsable:/.test(stdout)) {
        throw new Error(`sqlfluff can't parse the ${name}: ${error?.message ?? stderr}\n${stdout?.slice(-2000)}`);
      }
      console.log(`${name}: ${statements} statements`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
