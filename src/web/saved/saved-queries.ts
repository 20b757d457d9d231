import { apiKey } from '../page-state.ts';
import { ask } from '../requests.ts';

/** A query that the service keeps under a name, for all callers. */
export interface SavedQuery {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly updatedAt: string;
  /** Whether this caller may replace and delete it. */
  readonly mayChange: boolean;
}

/** The texts of a saved query. */
export interface SavedText {
  readonly name: string;
  readonly document: string;
  /** JSON text; null: none. */
  readonly variables: string | null;
}

// Without the documents, which can be long.
const listQuery = `query SavedQueries {
  savedQueries(first: 1000) { nodes { id name owner updatedAt mayChange } }
}`;

const textQuery = `query SavedQuery($id: ID!) {
  savedQuery(id: $id) { name document variables }
}`;

const saveMutation = `mutation SaveQuery($input: SaveQueryInput!) {
  saveQuery(input: $input) { id }
}`;

const deleteMutation = `mutation DeleteSavedQuery($id: ID!) {
  deleteSavedQuery(id: $id) { name document variables }
}`;

/** All saved queries, by name. */
export async function listSaved(): Promise<readonly SavedQuery[]> {
  const data = await ask<{ savedQueries: { nodes: readonly SavedQuery[] } }>(apiKey, listQuery);
  return data.savedQueries.nodes;
}

/** @returns null if it has been deleted. */
export async function readSaved(id: string): Promise<SavedText | null> {
  return (await ask<{ savedQuery: SavedText | null }>(apiKey, textQuery, { id })).savedQuery;
}

/** @param id of the saved query that is replaced; null: a new one. */
export async function save(text: SavedText, id: string | null): Promise<void> {
  await ask(apiKey, saveMutation, { input: { ...text, ...(id === null ? {} : { id }) } });
}

/** @returns what was deleted, so that it can be saved again. */
export async function deleteSaved(id: string): Promise<SavedText> {
  return (await ask<{ deleteSavedQuery: SavedText }>(apiKey, deleteMutation, { id })).deleteSavedQuery;
}
