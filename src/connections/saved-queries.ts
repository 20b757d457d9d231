import type { Caller } from '../auth/caller.ts';
import { type SavedQueryRecord, type SavedText, savedTexts } from '../db/ledger/queries/saved-queries.ts';
import { mayChange } from '../saved-queries/saved-queries.ts';
import type { SavedQuery } from '../schema/saved-query.ts';

/** The long texts that a page must have: those of the selected fields of its rows. */
export const textsOfSavedQueries = (fields: ReadonlySet<string>): readonly SavedText[] =>
  savedTexts.filter((text) => fields.has(text));

/** A saved query as the API shows it to a caller. */
export const toSavedQuery = (query: SavedQueryRecord, caller: Caller): SavedQuery => ({
  ...query,
  mayChange: mayChange(caller, query),
});
