import { parseArgs } from 'node:util';
import { LocalError, reasonOf } from '../../local/errors.ts';

/** The options of `npm run stack`, each a flag, with what it does. */
const flags = {
  airflow: 'also starts Airflow, which needs Python with venv, with the DAGs on this stack',
  dbt: 'runs the pipeline with dbt itself, which needs Python with venv, instead of the built-in runner',
  help: 'prints this text',
} as const;

export type Flags = Readonly<Record<keyof typeof flags, boolean>>;

const names = Object.keys(flags) as (keyof typeof flags)[];

export const usage = [
  'usage: npm run stack -- [options]',
  ...names.map((name) => `  --${name.padEnd(8)} ${flags[name]}`),
  'Environment variables set ports and folders: docs/stack.md.',
].join('\n');

/**
 * Reads the arguments of `npm run stack`.
 *
 * @throws {LocalError} with the list of options if one is unknown
 */
export function readFlags(words: readonly string[]): Flags {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'boolean', default: false } as const]));
  try {
    const { values } = parseArgs({ args: [...words], options });
    return Object.fromEntries(names.map((name) => [name, values[name] === true])) as Flags;
  } catch (error) {
    throw new LocalError(`${reasonOf(error).split('. ')[0]}\n${usage}`);
  }
}
