import { stateNamedIn } from './results/seen-as.ts';
import type { Choices, View } from './results/view.ts';

const queries = import.meta.glob<string>('./examples/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob<string>('./examples/*.json', { query: '?raw', import: 'default', eager: true });

export interface Example {
  /** Operation name, which is GraphiQL's tab title. */
  name: string;
  /** The question it answers: the first comment line that ends in a question mark. */
  question: string;
  query: string;
  /** JSON text, from the .json file of the same name; empty if there is none. */
  variables: string;
  /** The view that its comment names: "Best seen as Chart". */
  view: View;
  choices: Choices;
  /** Whether it is about pushes, which operators make. All mutations are. */
  isForOperators: boolean;
}

/** Sorted by file name. */
export const examples: readonly Example[] = Object.entries(queries)
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([path, query]) => {
    return {
      name: /^(?:query|mutation) (\w+)/m.exec(query)?.[1] ?? path,
      question: /^# (.*\?)$/m.exec(query)?.[1] ?? path,
      query: unwrap(query),
      variables: variables[path.replace(/graphql$/, 'json')] ?? '',
      ...(stateNamedIn(query) ?? { view: 'JSON', choices: {} }),
      isForOperators: /^mutation |^ {2}\w*push\w*\b/im.test(query),
    };
  });

/** Joins the lines of each comment paragraph, so that the editor can wrap it at its own width. */
function unwrap(query: string): string {
  return query.replace(/(?<=^# .*)\n# /gm, ' ');
}
