import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyBaseLogger } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { dataVersionOf } from './answers/data-version.ts';
import { noteAnswers } from './answers/plugin.ts';
import type { AuditLog } from './auth/audit.ts';
import { hideSuggestions } from './auth/schema-visibility.ts';
import type { RequestLimits } from './config/limits.ts';
import type { Context } from './context.ts';
import { executeTrustedDocument } from './documents/plugin.ts';
import type { FreshnessLimits } from './domain/freshness.ts';
import { formatError } from './errors.ts';
import type { CompiledOperations } from './execution/compiled-operations.ts';
import { executeCompiled } from './execution/plugin.ts';
import { checkOnly } from './export/step.ts';
import { conditionalReads } from './http/conditional-reads.ts';
import { recordOutcomes } from './http/graphql-outcome.ts';
import { currentRequestId } from './http/request-id.ts';
import { rememberVolatile } from './http/volatile.ts';
import { serializeResponse } from './limits/response-size.ts';
import { operationRules } from './operation-rules.ts';

export interface GraphqlServerOptions {
  readonly schema: GraphQLSchema;
  readonly compiled: CompiledOperations;
  readonly limits: RequestLimits;
  readonly audit: AuditLog;
  readonly staleAfterMinutes: FreshnessLimits;
  readonly logger: FastifyBaseLogger;
}

/** Creates the server that parses, checks and executes GraphQL operations, and formats their answers. Not started. */
export function createGraphqlServer(options: GraphqlServerOptions): ApolloServer<Context> {
  const { schema, compiled, limits, audit, staleAfterMinutes, logger } = options;
  const isVolatile = rememberVolatile(schema);
  return new ApolloServer<Context>({
    schema,
    // Known operations pass by all plugins (`src/known-operations.ts`), which repeats what these do for a good answer. Another plugin
    // that checks, counts or changes requests or answers has to be repeated there.
    plugins: [
      // Both plugins are on by default; cache control would wrap every resolver.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      executeTrustedDocument,
      hideSuggestions(limits.introspection),
      recordOutcomes,
      operationRules(schema, limits, audit),
      conditionalReads<Context>({
        isVolatile,
        dataVersion: async ({ loaders }) => dataVersionOf(await loaders.build().catch(() => null)),
        settings: [staleAfterMinutes, limits.introspection],
      }),
      noteAnswers<Context>({
        isVolatile,
        versionRead: async ({ loaders }) => dataVersionOf(await loaders.buildOfAnswer()),
      }),
      checkOnly,
      // The last one: it answers, so plugins after it would not be asked.
      executeCompiled<Context>(compiled),
    ],
    introspection: limits.introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    persistedQueries: false,
    parseOptions: { maxTokens: limits.document.maxTokens },
    // One more error says that there are others.
    validationOptions: { maxErrors: 4 },
    maxRecursiveSelections: limits.document.maxTokens,
    formatError: (formatted, error) =>
      formatError(formatted, error, currentRequestId(), (cause) =>
        logger.error({ reqId: currentRequestId(), err: cause }, 'request failed'),
      ),
    stringifyResult: (result) => serializeResponse(result, limits.maxAnswerBytes),
    logger,
  });
}
