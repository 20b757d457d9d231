import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../src/web/examples');

export interface ExampleFile {
  file: string;
  /** Operation name. */
  name: string;
  query: string;
  variables: Record<string, unknown>;
}

/** The example queries of the page with their variables, in tab order. */
export function readExamples(): ExampleFile[] {
  const files = readdirSync(FOLDER).sort();
  return files
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => {
      const query = readFileSync(join(FOLDER, file), 'utf8');
      const variables = file.replace(/graphql$/, 'json');
      return {
        file,
        name: /^(?:query|mutation) (\w+)/m.exec(query)?.[1] ?? '',
        query,
        variables: files.includes(variables) ? JSON.parse(readFileSync(join(FOLDER, variables), 'utf8')) : {},
      };
    });
}
