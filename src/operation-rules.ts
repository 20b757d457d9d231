import type { ApolloServerPlugin, GraphQLResponse } from '@apollo/server';
import { type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import { accessRules, checkAccess } from './auth/access-rules.ts';
import { type AuditLog, auditRefusal } from './auth/audit.ts';
import type { RequestLimits } from './config/limits.ts';
import type { Context } from './context.ts';
import { instantOrNull } from './domain/instant.ts';
import { DomainError } from './errors.ts';
import { costOfField } from './limits/field-costs.ts';
import { checkCost } from './limits/operation-cost.ts';
import { checkOperation } from './limits/operation-size.ts';

/**
 * Checks each operation against the caller's role and the limits before it runs a statement, and adds the version of the data
 * to each response (`extensions.data`).
 */
export function operationRules(
  schema: GraphQLSchema,
  limits: RequestLimits,
  audit: AuditLog,
): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, request, contextValue }) {
          if (!operation) return;
          if (!schema.getRootType(operation.operation)) {
            throw new DomainError('OPERATION_RESOLUTION_FAILURE', `This API has no ${operation.operation}s.`, 400);
          }
          checkAccess(accessRules(schema, document, operation), contextValue.caller);
          checkOperation(schema, document, operation, limits);
          // An operation that is only checked is executed page by page, and each page has its own cost.
          if (!contextValue.exportStep?.onChecked)
            checkCost(schema, document, operation, request.variables ?? {}, limits.maxCost);
          if (readsEverything(schema, operation)) {
            contextValue.request.limitTo(limits.pushOperationSeconds, 'PUSH_OPERATION_SECONDS');
          }
        },
        async willSendResponse({ response, contextValue, operation, document }) {
          auditRefusal(audit, contextValue, document, operation, response.body);
          setStatus(response, contextValue.exportStep === null);
          limitErrors(response);
          // A rejected operation has read no data.
          if (!operation || response.body.kind !== 'single' || response.body.singleResult.data === undefined) return;
          const data = await versionOfAnswer(contextValue.loaders);
          if (data === null) return;
          response.body.singleResult.extensions = { ...response.body.singleResult.extensions, data };
        },
      };
    },
  };
}

/** The build that all data of an answer are of (`extensions.data`); null: it has read none, or there is no build. */
export async function versionOfAnswer(loaders: Context['loaders']): Promise<object | null> {
  const build = await loaders.buildOfAnswer().catch(() => null);
  if (build === null) return null;
  return {
    build: build.build_id,
    asOf: instantOrNull(build.as_of),
    mirrorRefreshedAt: instantOrNull(build.mirror_refreshed_at),
    eventsLoadedThrough: instantOrNull(build.events_loaded_through),
    ...(loaders.isFromSnapshot() ? { snapshot: true } : {}),
  };
}

/** Errors of a refused operation: each value of a variable can be one. */
const maxErrors = 5;

/** Errors of fields that failed during execution all stay: each belongs to a null in the data. */
function limitErrors({ body }: GraphQLResponse): void {
  if (body.kind !== 'single' || body.singleResult.data !== undefined || !body.singleResult.errors) return;
  body.singleResult.errors = body.singleResult.errors.slice(0, maxErrors);
}

/** Whether an operation pushes, or has a top-level field that reads the whole warehouse. Those in fragments don't count. */
export function readsEverything(schema: GraphQLSchema, { operation, selectionSet }: OperationDefinitionNode): boolean {
  const fields = schema.getRootType(operation)?.getFields() ?? {};
  return (
    operation === 'mutation' ||
    selectionSet.selections.some((node) => {
      const field = node.kind === Kind.FIELD ? fields[node.name.value] : undefined;
      return field !== undefined && costOfField(field).isFullRead === true;
    })
  );
}

/**
 * Responds with 200 if some fields have data, whatever the status of the others' errors: clients and proxies discard the body
 * of a failed response. An operation that failed before its execution has no data and keeps its status. If none has data, an
 * unexpected error is a 500, as errors of the domain have their own status.
 *
 * @param isPartOfUse whether an answer is of use if some fields have failed.
 */
function setStatus({ body, http }: GraphQLResponse, isPartOfUse: boolean): void {
  if (body.kind !== 'single') return;
  const { data, errors = [] } = body.singleResult;
  if (!isPartOfUse || !Object.values(data ?? {}).some((field) => field !== null)) {
    if (errors.some(({ extensions }) => extensions?.code === 'INTERNAL_SERVER_ERROR')) http.status ??= 500;
    return;
  }
  http.status = 200;
  // It belongs to the field that failed.
  http.headers.delete('retry-after');
}
