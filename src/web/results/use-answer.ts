import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';
import { type Answer, answers } from './answers.ts';

/** The answer in the open tab, and the id of that; null if there is no answer. */
export function useAnswer(): { readonly answer: Answer; readonly tab: string } | null {
  const { schema, tab } = useGraphiQL((state) => ({ schema: state.schema, tab: state.tabs[state.activeTabIndex] }));
  const answer = tab?.response ? answers.of(tab.response, schema ?? null) : null;
  return tab && answer ? { answer, tab: tab.id } : null;
}

/** Keeps what was sent for the answers in all tabs. */
export function useKeptAnswers(): void {
  const texts = useGraphiQL(({ tabs }) => tabs.map(({ response }) => response ?? ''));
  useEffect(() => answers.show(texts), [texts]);
}
