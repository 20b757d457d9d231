import type { ApolloServerPlugin } from '@apollo/server';
import { HeaderMap } from '@apollo/server';
import type { DocumentNode, OperationDefinitionNode } from 'graphql';

/** An operation that is executed for an export. Its answer is of use only without errors. */
export interface ExportStep {
  /** Gets the operation once it has passed all checks, instead of its execution; null: it is executed. */
  readonly onChecked: ((document: DocumentNode, operation: OperationDefinitionNode) => unknown) | null;
}

/** Checks operations of exports without executing them. Goes before all plugins that answer. */
export const checkOnly: ApolloServerPlugin<{ readonly exportStep: ExportStep | null }> = {
  async requestDidStart({ contextValue: { exportStep } }) {
    const onChecked = exportStep?.onChecked;
    if (!onChecked) return;
    return {
      async responseForOperation({ document, operation }) {
        // Without one, the execution only explains that the document has none of this name.
        if (!operation) return null;
        onChecked(document, operation);
        return { http: { headers: new HeaderMap() }, body: { kind: 'single', singleResult: { data: {} } } };
      },
    };
  },
};
