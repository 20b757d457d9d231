import type { ApolloServerPlugin } from '@apollo/server';

/**
 * Executes the trusted document of a request. Apollo caches parsed and validated documents by their hash, so each is parsed
 * once.
 */
export const executeTrustedDocument: ApolloServerPlugin<{ readonly trustedDocument: string | null }> = {
  async requestDidStart({ request, contextValue }) {
    if (contextValue.trustedDocument !== null) request.query = contextValue.trustedDocument;
  },
};
