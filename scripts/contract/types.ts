import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from 'json-schema-to-typescript';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');

/** The contract with AdSuite. */
export const contractFile = join(root, 'contracts/adsuite-metrics.openapi.yaml');
/** The types that are generated from it. */
export const typesFile = join(root, 'src/adsuite-api.ts');

/** The contract's schemas as JSON Schema, by name; they refer to each other by `#/definitions/<name>`. */
export function contractSchemas(): Record<string, object> {
  const { components } = parse(readFileSync(contractFile, 'utf8')) as { components: { schemas: object } };
  return JSON.parse(JSON.stringify(components.schemas).replaceAll('#/components/schemas/', '#/definitions/'));
}

/** The text of the file of types. */
export async function contractTypes(): Promise<string> {
  const { MetricsPush, ...definitions } = contractSchemas();
  const types = await compile({ ...MetricsPush, definitions }, 'MetricsPush', {
    additionalProperties: false,
    unreachableDefinitions: true,
    ignoreMinAndMaxItems: true,
    bannerComment: '// Made from contracts/adsuite-metrics.openapi.yaml by `npm run contract`; not to be edited.',
    style: { singleQuote: true, printWidth: 120 },
  });
  // What the generator says of its own doings.
  return types.replaceAll(/ \*\n \* This interface was referenced by [^\n]+\n [^\n]+\n(?= \*\/)/g, '');
}
