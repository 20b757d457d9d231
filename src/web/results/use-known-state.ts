import { useGraphiQL } from '@graphiql/react';
import { answers } from './answers.ts';
import { knownChoices } from './known-choices.ts';
import { useViewState } from './use-view-state.ts';
import type { ViewState } from './view.ts';

/**
 * The view of the open tab, with the choices that its answer has; all of them if there is no answer. A function, because an answer
 * can be large: it is read only when it is called.
 */
export function useKnownState(): () => ViewState {
  const [state] = useViewState();
  const { schema, text } = useGraphiQL(({ schema, tabs, activeTabIndex }) => ({
    schema,
    text: tabs[activeTabIndex]?.response,
  }));
  return () => {
    const lists = (text && answers.of(text, schema ?? null)?.lists) || [];
    return { ...state, choices: knownChoices(state, lists) };
  };
}
