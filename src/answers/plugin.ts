import type { ApolloServerPlugin } from '@apollo/server';
import type { DocumentNode } from 'graphql';
import { operationLabel, resultOf } from '../http/graphql-outcome.ts';
import type { AnswerInProgress } from './answer-in-progress.ts';

export interface NoteAnswersOptions<Context> {
  readonly isVolatile: (document: DocumentNode) => boolean;
  /** The version of the data that the operation has read; null: unknown, or none. */
  readonly versionRead: (context: Context) => Promise<string | null>;
}

/**
 * Notes which answers may be shared and kept: those of queries without volatile fields. All checks come before the execution, so
 * a request that is refused is never noted. Goes before the plugin that executes compiled operations.
 */
export const noteAnswers = <Context extends { readonly answer: AnswerInProgress }>({
  isVolatile,
  versionRead,
}: NoteAnswersOptions<Context>): ApolloServerPlugin<Context> => ({
  async requestDidStart({ contextValue }) {
    const { answer } = contextValue;
    return {
      async responseForOperation({ document, operation }) {
        // Without one, the execution only explains that the document has none of this name.
        if (operation && !isVolatile(document)) answer.executes(operationLabel(operation));
        return null;
      },
      async willSendResponse({ response: { body } }) {
        if (answer.operation === null || body.kind !== 'single') return;
        answer.result = resultOf(body.singleResult);
        answer.version = await versionRead(contextValue).catch(() => null);
      },
    };
  },
});
