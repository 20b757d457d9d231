import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { type AccessRule, accessRules } from '../auth/access-rules.ts';
import { operationLabel } from '../http/graphql-outcome.ts';
import { isVolatile } from '../http/volatile.ts';
import { planCost } from '../limits/cost-plan.ts';
import { readsEverything } from '../operation-rules.ts';

/** What the checks of a request need to know of its operation. It follows from the document, so it is found once. */
export interface OperationChecks {
  readonly label: string;
  readonly access: readonly AccessRule[];
  /** The cost with coerced variables. Throws if an argument is invalid. */
  readonly cost: (variables: Readonly<Record<string, unknown>>) => number;
  readonly isVolatile: boolean;
}

/**
 * @param document of the request.
 * @param own the operation with its fragments. The result keeps parts of it, so it must have no locations.
 * @returns null if Apollo's pipeline has to check each request: there is no plan of the cost, or the time limit is another one.
 */
export function operationChecks(
  schema: GraphQLSchema,
  document: DocumentNode,
  own: DocumentNode,
  operation: OperationDefinitionNode,
): OperationChecks | null {
  const cost = readsEverything(schema, operation) ? null : planCost(schema, own, operation);
  return (
    cost && {
      label: operationLabel(operation),
      access: accessRules(schema, own, operation),
      cost,
      isVolatile: isVolatile(schema, document),
    }
  );
}
