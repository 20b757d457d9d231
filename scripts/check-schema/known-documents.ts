import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseManifest } from '../../src/documents/manifest.ts';

const root = join(import.meta.dirname, '../..');

/** The folder of the manifests of known clients. Those of other teams are copied here. */
export const manifestFolder = join(root, 'contracts/documents');

/** A document that some client sends, and where it is written. */
export interface KnownDocument {
  readonly where: string;
  readonly text: string;
}

/** The operations of the DAG that pushes metrics. */
export function airflowDocuments(): readonly string[] {
  const source = read('warehouse/airflow/dags/attribution_push.py');
  const texts = matches(source, /^[A-Z]+ = ("""|")((?:query|mutation) .+?)\1$/gms, 2);
  if (texts.length === 0) throw new Error('attribution_push.py has no operation');
  return texts;
}

/** The documents of all manifests, of the pages of documentation, and of the scripts of the stack. */
export const knownDocuments = (): readonly KnownDocument[] => [
  ...inManifests(manifestFolder),
  ...inFiles('docs', '.md', (text) => matches(text, /^```graphql\n(.+?)^```$/gms, 1)),
  ...inFiles('scripts/stack', '.ts', (text) =>
    matches(text, /(['`])((?:query |mutation |\{ )[^'`$]*(?:\$\w[^'`$]*)*\})\1/g, 2),
  ),
];

function inManifests(folder: string): readonly KnownDocument[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const path = join(folder, name);
      return [...parseManifest(readFileSync(path, 'utf8')).values()].map((text) => ({
        where: relative(root, path),
        text,
      }));
    });
}

function inFiles(
  folder: string,
  ending: string,
  documentsIn: (text: string) => readonly string[],
): readonly KnownDocument[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith(ending))
    .sort()
    .flatMap((name) => documentsIn(read(join(folder, name))).map((text) => ({ where: join(folder, name), text })));
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const matches = (text: string, pattern: RegExp, group: number): readonly string[] =>
  [...text.matchAll(pattern)].map((match) => match[group] ?? '');
