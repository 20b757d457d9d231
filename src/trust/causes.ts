import type { AttributionCauseName } from '../domain/causes.ts';
import { compareIds } from '../domain/ids.ts';

/** One change of a conversion. */
export interface CauseOfChange {
  readonly event_id: string;
  readonly build_number: string;
  readonly cause: AttributionCauseName;
}

/** The causes of each conversion's changes, each once, in the order in which they first occurred. By the conversion's id. */
export function causesById(changes: readonly CauseOfChange[]): ReadonlyMap<string, readonly AttributionCauseName[]> {
  const inOrder = changes.toSorted((one, other) => compareIds(one.build_number, other.build_number));
  const byId = Map.groupBy(inOrder, (change) => change.event_id);
  return new Map([...byId].map(([id, own]) => [id, [...new Set(own.map(({ cause }) => cause))]]));
}
