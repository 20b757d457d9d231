import type { GraphQLSchema } from 'graphql';
import { anonymous, type Caller } from '../auth/caller.ts';
import { Forbidden } from '../auth/errors.ts';
import { isDocumentsOnly } from '../auth/restrictions.ts';
import { includesRole } from '../auth/roles.ts';
import { type DocumentLimits, maxSavedQueries, maxSavedQueriesOfOwner } from '../config/limits.ts';
import type {
  SavedQueryChange,
  SavedQueryInput,
  SavedQueryRecord,
  SavedQueryWriter,
} from '../db/ledger/queries/saved-queries.ts';
import type { SavedQueryStore } from '../db/ledger/saved-query-store.ts';
import { checkSavedDocument } from './check-document.ts';
import { savedName } from './check-name.ts';
import { checkSavedVariables } from './check-variables.ts';
import { SavedQueryLimitReached, SavedQueryNameTaken, SavedQueryNotFound } from './saved-query-errors.ts';

/** The queries that callers have saved. */
export interface SavedQueries {
  /** Reads of one request: once the signal is aborted, they fail with its reason. */
  within(signal: AbortSignal): Pick<SavedQueryStore, 'page' | 'count' | 'byId'>;
  /**
   * Saves a query for a caller.
   *
   * @throws {BadUserInput} if the name, the document or the variables are not valid, or too large.
   * @throws {SavedQueryNameTaken} {SavedQueryNotFound} {SavedQueryLimitReached} {Forbidden} {LedgerUnavailable}
   */
  save(input: SavedQueryInput, caller: Caller): Promise<SavedQueryRecord>;
  /**
   * Deletes a saved query, and returns it as it was.
   *
   * @throws {SavedQueryNotFound} {Forbidden} {LedgerUnavailable}
   */
  delete(id: string, caller: Caller): Promise<SavedQueryRecord>;
}

const limits = { perOwner: maxSavedQueriesOfOwner, inAll: maxSavedQueries };

/** Opens the saved queries of a ledger, with the rules of who may save what. */
export function openSavedQueries(
  store: SavedQueryStore,
  schema: GraphQLSchema,
  documentLimits: DocumentLimits,
): SavedQueries {
  return {
    within: (signal) => store.within(signal),
    save: async (input, caller) => {
      if (isDocumentsOnly(caller)) throw new Forbidden(noFreeDocuments);
      const name = savedName(input.name);
      checkSavedDocument(input.document, schema, documentLimits);
      const variables = checkSavedVariables(input.variables);
      const writer = writerOf(caller);
      const outcome = await store.save({ ...input, name, variables }, writer, limits);
      if (outcome.kind === 'limit') throw new SavedQueryLimitReached(outcome.of, limits[outcome.of]);
      if (outcome.kind === 'nameTaken') throw new SavedQueryNameTaken(outcome.query, mayChange(caller, outcome.query));
      return doneOrThrow(outcome, input.id ?? '');
    },
    delete: async (id, caller) => doneOrThrow(await store.delete(id, writerOf(caller)), id),
  };
}

const noFreeDocuments =
  'This key or token is documents-only, so it may not save documents either. Use one without this restriction.';

/** The owner that a caller's saved queries have. */
const ownerName = ({ name }: Caller): string => name ?? anonymous;

const writerOf = (caller: Caller): SavedQueryWriter => ({
  name: ownerName(caller),
  mayChangeAll: includesRole(caller.role, 'operator'),
});

/** Whether a caller may replace and delete a saved query: its owner, or an operator. */
export const mayChange = (caller: Caller, { owner }: Pick<SavedQueryRecord, 'owner'>): boolean =>
  owner === ownerName(caller) || includesRole(caller.role, 'operator');

function doneOrThrow(change: SavedQueryChange, id: string): SavedQueryRecord {
  switch (change.kind) {
    case 'done':
      return change.query;
    case 'notFound':
      throw new SavedQueryNotFound(id);
    case 'notOwned': {
      const { name, owner } = change.query;
      throw new Forbidden(
        `The saved query "${name}" belongs to ${owner}: only ${owner} or an operator may replace or delete it. Save your version under another name.`,
      );
    }
  }
}
