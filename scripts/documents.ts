/**
 * Writes the manifests of the documents that this project's own clients send, GraphiQL's tabs, the Airflow DAG and the
 * examples, to contracts/documents. Part of `npm run schema`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '@graphql-codegen/cli';
import { preset } from '@graphql-codegen/client-preset';
import { airflowDocuments, manifestFolder } from './check-schema/known-documents.ts';

const root = join(import.meta.dirname, '..');
const examples = join(root, 'src/web/examples');

/** The manifest of documents, as the client preset writes it for any client. */
async function manifestOf(documents: readonly string[]): Promise<string> {
  const files: readonly { readonly filename: string; readonly content: string }[] = await generate(
    {
      schema: join(root, 'src/schema/schema.graphql'),
      documents: [...documents],
      generates: { 'client/': { preset, presetConfig: { persistedDocuments: { hashAlgorithm: 'sha256' } } } },
      silent: true,
    },
    false,
  );
  const manifest = files.find(({ filename }) => filename.endsWith('persisted-documents.json'));
  if (!manifest) throw new Error('The client preset wrote no manifest.');
  // Sorted, so that a change of one document changes one line.
  const entries = Object.entries(JSON.parse(manifest.content)).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

const clients = {
  'airflow.json': airflowDocuments(),
  'graphiql.json': readdirSync(examples)
    .filter((name) => name.endsWith('.graphql'))
    .sort()
    .map((name) => readFileSync(join(examples, name), 'utf8')),
  'keep-a-copy.json': [readFileSync(join(root, 'examples/keep-a-copy/operations.graphql'), 'utf8')],
};

for (const [name, documents] of Object.entries(clients)) {
  writeFileSync(join(manifestFolder, name), await manifestOf(documents));
}
