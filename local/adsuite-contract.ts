import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** The OpenAPI file of the contract with AdSuite. */
export const contractFile = join(import.meta.dirname, '../contracts/adsuite-metrics.openapi.yaml');

/** The contract's schemas, by name. References have the form `#/components/schemas/<name>`. */
export function readContractSchemas(): Record<string, object> {
  return parse(readFileSync(contractFile, 'utf8')).components.schemas;
}
