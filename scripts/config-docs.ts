/** Writes docs/configuration.md from the variables in src/config. With `--check` it writes nothing, and exits with 1 on a difference. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { variablesByTopic } from '../src/config/index.ts';

const file = join(import.meta.dirname, '../docs/configuration.md');

const head = `# Configuration

The service reads these environment variables at the start. An empty variable counts as unset. If any are invalid, the service
reports all of them and exits with 1.

This page is generated from \`src/config\`: \`npm run config:docs\`.`;

function configurationPage(): string {
  const topics = Object.entries(variablesByTopic).map(([topic, variables]) => {
    const rows = Object.entries(variables).map(([name, variable]) => row(name, variable));
    return `## ${topic}\n\n| variable | meaning | values | default |\n|---|---|---|---|\n${rows.join('\n')}`;
  });
  return `${[head, ...topics].join('\n\n')}\n`;
}

/** @throws {Error} if the variable has no description, or neither a default nor a text for being unset. */
function row(name: string, variable: z.ZodType): string {
  const { description, unset } = variable.meta() ?? {};
  const isWrapped = variable instanceof z.ZodDefault || variable instanceof z.ZodOptional;
  const inner = isWrapped ? (variable.unwrap() as z.ZodType) : variable;
  const byDefault = variable instanceof z.ZodDefault ? defaultOf(variable) : unset;
  if (!description || !byDefault) throw new Error(`${name} needs a description and a default in src/config`);
  return `| \`${name}\` | ${description} | ${inner.meta()?.values ?? ''} | ${byDefault} |`;
}

function defaultOf(variable: z.ZodDefault): string {
  const value: unknown = variable.parse(undefined);
  return Array.isArray(value) ? value.map((each) => `\`${each}\``).join(', ') || 'none' : `\`${value}\``;
}

const page = configurationPage();
if (!process.argv.includes('--check')) writeFileSync(file, page);
else if (readFileSync(file, 'utf8') !== page) {
  console.error('docs/configuration.md differs from src/config. Run: npm run config:docs');
  process.exitCode = 1;
}
