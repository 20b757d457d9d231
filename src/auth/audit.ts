import type { GraphQLResponse } from '@apollo/server';
import type { FastifyBaseLogger } from 'fastify';
import {
  type DocumentNode,
  defaultFieldResolver,
  type GraphQLSchema,
  getNamedType,
  type OperationDefinitionNode,
} from 'graphql';
import { DomainError } from '../errors.ts';
import { truncated } from '../text.ts';
import { rootFieldNames } from './access-rules.ts';
import type { Caller } from './caller.ts';

/** Who sent an operation, and the id of the request in the log. */
export interface Audited {
  readonly caller: Caller;
  readonly requestId: string;
}

/** What a mutation or an export did. */
interface AuditEntry {
  /** The names of the mutations; of an export, the word and the list. */
  readonly operation: string;
  /** `OK`, or the code of the error. */
  readonly outcome: string;
  /** The id of the run. */
  readonly run?: unknown;
  readonly state?: unknown;
  /** The id of the saved query. */
  readonly savedQuery?: unknown;
  readonly queryName?: unknown;
  readonly queryOwner?: unknown;
  /** What the caller stated in `requestedBy`. Not verified. */
  readonly note?: unknown;
  /** Of an export: how many it has sent. */
  readonly rows?: number;
}

/** The limit of `requestedBy`. Logged arguments may be longer, as a refused mutation is logged too. */
const maxTextLength = 200;

export type AuditLog = (audited: Audited, entry: AuditEntry) => void;

/**
 * Logs who did what. The lines have the level info.
 *
 * @param isAlwaysOn whether they are written if LOG_LEVEL is above info too. `silent` is respected.
 */
export function openAuditLog(logger: FastifyBaseLogger, isAlwaysOn: boolean): AuditLog {
  const log = isAlwaysOn && logger.level !== 'silent' ? logger.child({}, { level: 'info' }) : logger;
  return ({ caller, requestId }, entry) => {
    const { name, role, keyId } = caller;
    const who = { caller: name, role, ...(keyId === null ? {} : { keyId }) };
    const { operation, outcome, state, rows, ...texts } = entry;
    const short = Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, shortText(value)]));
    const what = { operation, outcome, state, rows, ...short };
    log.info({ audit: true, ...who, ...what, reqId: requestId }, rows === undefined ? 'mutation' : 'export');
  };
}

const shortText = (value: unknown) => (typeof value === 'string' ? truncated(value, maxTextLength) : undefined);

/** Changes the resolvers of all mutations of a schema, so that each execution is logged when it ends. */
export function auditMutations(schema: GraphQLSchema, log: AuditLog): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const resolve = field.resolve ?? defaultFieldResolver;
    const { ofResult, ofFailure } = subjects[getNamedType(field.type).name === 'SavedQuery' ? 'savedQuery' : 'run'];
    field.resolve = async (source, args, context: Audited, info) => {
      const given = { operation: field.name, note: noteOf(args) };
      try {
        const result = (await resolve(source, args, context, info)) as Readonly<Record<string, unknown>> | null;
        log(context, { ...given, outcome: 'OK', ...ofResult(result ?? {}) });
        return result;
      } catch (error) {
        const details = error instanceof DomainError ? error.extensions : {};
        log(context, { ...given, outcome: codeOf(error), ...ofFailure(args, details) });
        throw error;
      }
    };
  }
}

type Values = Readonly<Record<string, unknown>>;

/** What a mutation was about, by its result, or by its arguments and the details of its error. */
interface Subject {
  readonly ofResult: (result: Values) => Partial<AuditEntry>;
  readonly ofFailure: (args: Values, details: Values) => Partial<AuditEntry>;
}

const subjects: Readonly<Record<'run' | 'savedQuery', Subject>> = {
  run: {
    ofResult: ({ id, state }) => ({ run: id, state }),
    ofFailure: (args, { runId }) => ({ run: runId ?? args.runId }),
  },
  savedQuery: {
    ofResult: ({ id, name, owner }) => ({ savedQuery: id, queryName: name, queryOwner: owner }),
    ofFailure: (args, { savedQueryId, owner }) => {
      const { id, name }: Values = (args.input as Values | undefined) ?? args;
      return { savedQuery: savedQueryId ?? id ?? undefined, queryName: name, queryOwner: owner };
    },
  },
};

/** Logs a mutation that was refused before its execution: by a role, a limit or a variable. */
export function auditRefusal(
  log: AuditLog,
  context: Audited,
  document: DocumentNode | undefined,
  operation: OperationDefinitionNode | undefined,
  body: GraphQLResponse['body'],
): void {
  if (!document || operation?.operation !== 'mutation' || body.kind !== 'single') return;
  const { data, errors = [] } = body.singleResult;
  if (data !== undefined) return;
  const names = [...rootFieldNames(document, operation)].join(', ');
  log(context, { operation: names, outcome: String(errors[0]?.extensions?.code) });
}

/** The arguments of a mutation, or those in its `input`. */
const noteOf = ({
  requestedBy,
  input,
}: {
  readonly requestedBy?: unknown;
  readonly input?: { requestedBy?: unknown };
}) => requestedBy ?? input?.requestedBy ?? undefined;

const codeOf = (error: unknown): string =>
  error instanceof DomainError ? error.extensions.code : 'INTERNAL_SERVER_ERROR';
