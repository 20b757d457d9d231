import { parse } from 'yaml';
import { DbtProjectError } from './project-error.ts';

export type Mapping = Readonly<Record<string, unknown>>;

/** Parses YAML text whose top level is a mapping. */
export function yamlMapping(file: string, text: string): Mapping {
  return mapping(file, 'the file', parse(text, { maxAliasCount: -1 }));
}

/** Requires a mapping; `what` names the value in the error. */
export function mapping(file: string, what: string, value: unknown): Mapping {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Mapping;
  throw new DbtProjectError(file, `${what} must be a mapping`);
}

/** Requires a list; a missing value is an empty list. */
export function list(file: string, what: string, value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new DbtProjectError(file, `${what} must be a list`);
  return value;
}

/** Requires a list of mappings; a missing value is an empty list. */
export function mappings(file: string, what: string, value: unknown): Mapping[] {
  return list(file, what, value).map((each) => mapping(file, `each of ${what}`, each));
}

/** Requires text. */
export function text(file: string, what: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new DbtProjectError(file, `${what} must be text`);
}

/** Rejects unknown keys, because ignoring one would behave differently from dbt. */
export function onlyKeys(file: string, what: string, value: Mapping, keys: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) throw new DbtProjectError(file, `this runner does not support the key ${key} of ${what}`);
  }
}
