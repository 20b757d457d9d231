import type { ApolloServerPlugin } from '@apollo/server';
import type { FormattedExecutionResult, OperationDefinitionNode } from 'graphql';
import type { RequestOutcome } from './request-outcome.ts';

/** How an operation failed. */
export type OperationResult = Pick<RequestOutcome, 'code' | 'isRefused'>;

/** The name of an operation in metrics and traces. */
export const operationLabel = ({ name }: OperationDefinitionNode): string => name?.value ?? 'anonymous';

/** How an operation failed; null if it has no errors. */
export function resultOf({ data, errors = [] }: FormattedExecutionResult): OperationResult | null {
  if (errors.length === 0) return null;
  return { code: String(errors[0]?.extensions?.code), isRefused: data === undefined };
}

/** Tells metrics and traces the name and the outcome of each operation. */
export const recordOutcomes: ApolloServerPlugin<{ readonly outcome: RequestOutcome }> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation, contextValue }) {
        if (operation) contextValue.outcome.operation = operationLabel(operation);
      },
      async willSendResponse({ response: { body }, contextValue: { outcome } }) {
        if (body.kind === 'single') Object.assign(outcome, resultOf(body.singleResult));
      },
    };
  },
};
