import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { pythonEnvironment } from '../../local/python/environment.ts';

const name = String.raw`(?:[a-z_]\w*|"[a-z_]\w*")`;
const qualified = String.raw`${name}(?:\.${name})?`;
const privileges = '(?:select|usage|create)(?:, (?:select|usage|create))*';
const text = `'[^']*'`;

/** What sqlglot keeps as text without parsing it, by its page in the guide of Redshift (docs.aws.amazon.com/redshift/latest/dg). */
const forms: Readonly<Record<string, string>> = {
  'r_CREATE_ROLE, r_DROP_ROLE': `(?:create|drop) role ${name}`,
  'r_GRANT: a role': `grant role ${name} to ${name}`,
  'r_REVOKE: a role': `revoke role ${name} from ${name}`,
  'r_GRANT: several objects': `grant ${privileges} on (?:schema )?${qualified}(?:, ${qualified})+ to (?:role )?${name}`,
  'r_REVOKE: several objects': `revoke ${privileges} on (?:schema )?${qualified}(?:, ${qualified})+ from (?:role )?${name}`,
  r_ALTER_USER: `alter user ${name} syslog access (?:un)?restricted`,
  r_ALTER_DEFAULT_PRIVILEGES: `alter default privileges for user ${name} in schema ${name} (?:grant select on tables to|revoke select on tables from) role ${name}`,
  r_CREATE_EXTERNAL_SCHEMA: `create external schema ${name} from postgres database ${text} schema ${text} uri ${text} port \\d+ iam_role ${text} secret_arn ${text}`,
  r_SET_SESSION_AUTHORIZATION: `set session authorization (?:${text}|default)`,
  r_CALL_procedure: `call ${qualified}\\(\\)`,
};

const parsedStatements = z.array(z.object({ text: z.string(), kind: z.string() }));

/**
 * Parses SQL as Redshift SQL with sqlglot; what sqlglot does not parse must have one of the forms above.
 *
 * @param sources SQL by name
 * @throws {Error} with every statement that is not valid, if sqlglot finds another number of statements than lines that
 *   end one, or if a form is no longer needed
 */
export async function parseAsRedshift(sources: Readonly<Record<string, string>>): Promise<void> {
  const python = await pythonEnvironment('dbt', console.log);
  const unused = new Map(Object.entries(forms).map(([page, form]) => [page, new RegExp(`^${form}$`)]));
  const patterns = [...unused];
  const faults: string[] = [];
  for (const [source, sql] of Object.entries(sources)) {
    const statements = splitAndParse(python.program('python'), sql);
    const expected = sql.replaceAll(/\$\$[\s\S]*?\$\$/g, '').match(/;$/gm)?.length ?? 0;
    if (statements.length !== expected) {
      faults.push(`${source}: ${statements.length} statements instead of ${expected}`);
    }
    for (const statement of statements.filter(({ kind }) => kind === 'Command' || kind.startsWith('error: '))) {
      const line = statement.text.replaceAll(/\s+/g, ' ');
      const form = statement.kind === 'Command' ? patterns.find(([, pattern]) => pattern.test(line)) : undefined;
      if (form) unused.delete(form[0]);
      else faults.push(`${source}: ${line} (${statement.kind})`);
    }
    const known = statements.filter(({ kind }) => kind !== 'Command').length;
    console.log(
      `${source}: ${statements.length} statements, ${known} parsed, the others in a form of Redshift's guide`,
    );
  }
  if (faults.length > 0) throw new Error(`Not Redshift SQL:\n${faults.join('\n')}`);
  if (unused.size > 0) throw new Error(`Remove forms that match nothing: ${[...unused.keys()].join(', ')}.`);
}

function splitAndParse(python: string, sql: string): z.infer<typeof parsedStatements> {
  const script = join(import.meta.dirname, 'statements.py');
  const { stdout, stderr, status, error } = spawnSync(python, [script], { input: sql, encoding: 'utf8' });
  if (error || status !== 0) throw new Error(`${script} failed: ${error?.message ?? stderr}`);
  return parsedStatements.parse(JSON.parse(stdout));
}
