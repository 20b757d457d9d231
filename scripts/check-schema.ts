/** Checks that the schema still serves its clients: `npm run check:schema -- --help`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSchema } from 'graphql';
import { exitWithReason, LocalError } from '../local/errors.ts';
import { breakingChanges, invalidDocuments } from './check-schema/compare.ts';
import { knownDocuments } from './check-schema/known-documents.ts';

const root = join(import.meta.dirname, '..');
const releasedFile = join(root, 'contracts/schema.graphql');

const help = `Checks that the schema still serves its clients. Fails

  - if src/schema/schema.graphql breaks clients of contracts/schema.graphql, the schema that was released last:
    a field, a type or a value is gone, a type is another one, an argument is required.
  - if it does not fit a known document: those of the manifests in contracts/documents, of the documentation, and of
    the scripts of the stack.

  npm run check:schema
  npm run check:schema -- --accept       Makes the present schema the released one: at a release, and after a breaking
                                         change that all clients are ready for. Known documents must fit even then.
  npm run check:schema -- --schema <file>   Checks another schema.

To change a field without breaking clients, add the new one beside it, deprecate the old one (@deprecated), and remove
it when no manifest has it any more, and not before the time that docs/api.md ("Deprecation") promises.
`;

await check().catch(exitWithReason);

async function check(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      schema: { type: 'string', default: join(root, 'src/schema/schema.graphql') },
      accept: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (options.help) return void process.stdout.write(help);
  const text = readFileSync(options.schema, 'utf8');
  const [released, schema] = [buildSchema(readFileSync(releasedFile, 'utf8')), buildSchema(text)];
  const documents = knownDocuments();
  const invalid = invalidDocuments(schema, documents);
  const breaking = await breakingChanges(released, schema, documents);
  for (const { document, errors } of invalid) {
    console.log(`A known document does not fit the schema: ${document.where}`);
    for (const error of errors) console.log(`  ${error}`);
    console.log(document.text.replaceAll(/^/gm, '    '));
  }
  for (const { message, usedBy } of breaking) {
    console.log(`Breaking change: ${message}`);
    console.log(
      usedBy.length > 0 ? `  used by ${usedBy.join(', ')}` : '  no known document uses it, but other clients may',
    );
  }
  if (invalid.length > 0) {
    throw new LocalError(
      `${invalid.length} of ${documents.length} known documents do not fit the schema. See: npm run check:schema -- --help`,
    );
  }
  if (options.accept) {
    writeFileSync(releasedFile, text);
    console.log('contracts/schema.graphql is now the present schema.');
  } else if (breaking.length > 0) {
    throw new LocalError(
      `The schema has ${breaking.length} breaking changes. Undo them or accept them; see: npm run check:schema -- --help`,
    );
  } else {
    console.log(`The schema has no breaking change, and fits all ${documents.length} known documents.`);
  }
}
