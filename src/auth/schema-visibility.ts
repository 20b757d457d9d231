import type { ApolloServerPlugin } from '@apollo/server';
import { withoutSuggestion } from '../errors.ts';
import type { Caller } from './caller.ts';
import { mayIntrospect } from './restrictions.ts';

/**
 * Removes suggested names from the errors of callers that may not read the schema: they would reveal it name by name.
 *
 * @param isOn whether anyone may read the schema.
 */
export const hideSuggestions = (isOn: boolean): ApolloServerPlugin<{ readonly caller: Caller }> => ({
  async requestDidStart() {
    return {
      async willSendResponse({ response: { body }, contextValue }) {
        if (body.kind !== 'single' || !body.singleResult.errors || (isOn && mayIntrospect(contextValue.caller))) return;
        body.singleResult.errors = body.singleResult.errors.map(withoutSuggestion);
      },
    };
  },
});
