import { type Ask, allPages } from '../graphql.ts';

export interface Conversion {
  readonly id: string;
  readonly status: string;
  readonly iterationId: string | null;
  readonly clickedAt: string | null;
  readonly payout: string | null;
}

/** All conversions that a ConversionFilter lets through. */
export async function readConversions(ask: Ask, filter: object): Promise<Conversion[]> {
  return allPages<Conversion>(
    ask,
    `query ($filter: ConversionFilter, $after: String) {
      conversions(filter: $filter, orderBy: { field: ID, direction: ASC }, first: 1000, after: $after) {
        nodes { id status iterationId clickedAt payout } pageInfo { hasNextPage endCursor } } }`,
    { filter },
  );
}

/** The conversions with these ids, by id; as many as there are. */
export async function conversionsById(ask: Ask, ids: readonly string[]): Promise<Map<string, Conversion>> {
  const most = 1000;
  const found = new Map<string, Conversion>();
  for (let from = 0; from < ids.length; from += most) {
    const part = await readConversions(ask, { ids: ids.slice(from, from + most) });
    for (const conversion of part) found.set(conversion.id, conversion);
  }
  return found;
}
