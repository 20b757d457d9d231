import type { ApolloServerPlugin } from '@apollo/server';
import type { RequestOutcome } from './request-outcome.ts';

/** Tells metrics and traces the name and the outcome of each operation. */
export const recordOutcomes: ApolloServerPlugin<{ readonly outcome: RequestOutcome }> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation, contextValue }) {
        if (operation) contextValue.outcome.operation = operation.name?.value ?? 'anonymous';
      },
      async willSendResponse({ response: { body }, contextValue: { outcome } }) {
        if (body.kind !== 'single') return;
        const { data, errors = [] } = body.singleResult;
        if (errors.length === 0) return;
        outcome.code = String(errors[0]?.extensions?.code);
        outcome.isRefused = data === undefined;
      },
    };
  },
};
