const queries = import.meta.glob<string>('./examples/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob<string>('./examples/*.json', { query: '?raw', import: 'default', eager: true });

export interface Example {
  /** Operation name, which is GraphiQL's tab title. */
  name: string;
  /** The question it answers: the first comment line that ends in a question mark. */
  question: string;
  query: string;
  /** JSON text, from the .json file of the same name. */
  variables?: string;
}

/** Sorted by file name. */
export const examples: Example[] = Object.entries(queries)
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([path, query]) => ({
    name: /^(?:query|mutation) (\w+)/m.exec(query)?.[1] ?? path,
    question: /^# (.*\?)$/m.exec(query)?.[1] ?? path,
    query: unwrap(query),
    variables: variables[path.replace(/graphql$/, 'json')],
  }));

/** Joins the lines of each comment paragraph, so that the editor can wrap it at its own width. */
function unwrap(query: string): string {
  return query.replace(/(?<=^# .*)\n# /gm, ' ');
}
