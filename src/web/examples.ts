const queries = import.meta.glob<string>('./examples/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob<string>('./examples/*.json', { query: '?raw', import: 'default', eager: true });

export interface Example {
  /** The operation's name: GraphiQL's title of the tab. */
  name: string;
  /** The question it answers: the first comment line that ends with a question mark. */
  question: string;
  query: string;
  /** JSON text, when the operation takes variables: the file beside the query with the same name. */
  variables?: string;
}

/** In the order of their file names. */
export const examples: Example[] = Object.entries(queries)
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([path, query]) => ({
    name: /^(?:query|mutation) (\w+)/m.exec(query)?.[1] ?? path,
    question: /^# (.*\?)$/m.exec(query)?.[1] ?? path,
    query: unwrap(query),
    variables: variables[path.replace(/graphql$/, 'json')],
  }));

/** Joins the lines of each paragraph of comment, for the editor to wrap at whatever width it has. */
function unwrap(query: string): string {
  return query.replace(/(?<=^# .*)\n# /gm, ' ');
}
