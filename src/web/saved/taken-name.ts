import { ServiceError } from '../requests.ts';

/** The form in which the service compares names. */
export const comparableName = (name: string): string => name.trim().normalize('NFC');

/** Another saved query that has the name, and that this caller may replace. */
export interface TakenName {
  readonly id: string;
  readonly owner: string;
}

/** @returns null if a request failed for another reason. */
export function takenName(error: unknown): TakenName | null {
  if (!(error instanceof ServiceError)) return null;
  const { code, savedQueryId, owner, mayChange } = error.extensions;
  return code === 'SAVED_QUERY_NAME_TAKEN' && mayChange === true
    ? { id: String(savedQueryId), owner: String(owner) }
    : null;
}
