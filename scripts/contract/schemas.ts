import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type JsonSchemaObject, jsonSchemaToZod, parseString } from 'json-schema-to-zod';
import { readContractSchemas } from '../../local/adsuite.ts';

const root = join(import.meta.dirname, '../..');

/** The zod schemas and types that are generated from the contract. */
export const schemasFile = join(root, 'src/adsuite-contract.ts');

/**
 * The source text of `schemasFile`: for each schema of the contract a zod schema and the type of the same name.
 *
 * @throws {Error} if two schemas refer to each other.
 */
export function contractSource(): string {
  const schemas: Record<string, JsonSchemaObject> = readContractSchemas();
  const written = new Set<string>();
  const parts = [
    '// Generated from contracts/adsuite-metrics.openapi.yaml by `npm run contract`. Do not edit.',
    "import { z } from 'zod';",
  ];
  const write = (name: string, path: readonly string[]): void => {
    if (path.includes(name))
      throw new Error(`The contract's schemas refer to each other: ${[...path, name].join(', ')}`);
    const schema = schemas[name];
    if (written.has(name) || !schema) return;
    // A constant must be declared before its use.
    for (const [, other = ''] of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      write(other, [...path, name]);
    }
    written.add(name);
    parts.push(declaration(name, schema));
  };
  for (const name of Object.keys(schemas)) write(name, []);
  return formatted(`${parts.join('\n\n')}\n`).replaceAll(/\/\*\*(\S.*)\*\//g, '/** $1 */');
}

function declaration(name: string, schema: JsonSchemaObject): string {
  const options = { module: 'none', zodVersion: 4, withJsdocs: true, withoutDescribes: true } as const;
  const zod = jsonSchemaToZod(withNullable(schema), { ...options, parserOverride: reference });
  const comment = schema.description ? `/** ${schema.description} */\n` : '';
  return `${comment}export const ${name} = ${zod};\nexport type ${name} = z.infer<typeof ${name}>;`;
}

/** A reference becomes the constant's name; an error of a pattern shows an example. */
function reference(schema: JsonSchemaObject): string | undefined {
  if (typeof schema.$ref === 'string') {
    return `${schema.$ref.split('/').at(-1)}${schema.nullable ? '.nullable()' : ''}`;
  }
  const { pattern, examples, format, ...rest } = schema;
  if (pattern === undefined) return undefined;
  const message = `must be like ${examples?.[0]}${format ? '' : `, by the pattern ${pattern}`}`;
  const calendar = format === 'date-time' ? `z.iso.datetime({ error: ${JSON.stringify(message)} })` : 'z.string()';
  const regex = `${calendar}.regex(/${pattern}/, ${JSON.stringify(message)})`;
  return parseString({ ...rest, type: 'string' }).replace('z.string()', () => regex);
}

/**
 * Rewrites "or null" to the keyword `nullable`, which gives `.nullable()`. A union would report only "Invalid input" instead of
 * what is wrong with the value.
 */
function withNullable(schema: JsonSchemaObject): JsonSchemaObject {
  return JSON.parse(JSON.stringify(schema), (_, value) => {
    if (Array.isArray(value?.type) && value.type.length === 2 && value.type[1] === 'null') {
      return { ...value, type: value.type[0], nullable: true };
    }
    const { anyOf, ...rest } = value ?? {};
    if (Array.isArray(anyOf) && anyOf.length === 2 && anyOf[1].type === 'null')
      return { ...anyOf[0], ...rest, nullable: true };
    return value;
  });
}

function formatted(source: string): string {
  const { stdout, stderr, status, error } = spawnSync('biome', ['format', `--stdin-file-path=${schemasFile}`], {
    cwd: root,
    input: source,
    encoding: 'utf8',
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`biome can't format the schemas: ${stderr}`);
  return stdout;
}
