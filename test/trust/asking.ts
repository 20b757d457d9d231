import { expect } from 'vitest';
import * as operations from '../generated/operations.ts';
import type { TestService } from '../support/service.ts';
import { faultsOf } from './checker.ts';

export type Proof = operations.ProofFragment;

/** The explanation of a conversion, which is checked. */
export async function proofOf(service: TestService, id: string): Promise<Proof> {
  const { explainAttribution } = await service.ask(operations.ExplainAttributionDocument, { id });
  if (!explainAttribution) throw new Error(`${id} has no explanation`);
  expect(faultsOf(explainAttribution)).toEqual([]);
  return explainAttribution;
}

/** All conversions with their proofs. */
export async function readAll(service: TestService) {
  const nodes: operations.ExplanationsQuery['conversions']['nodes'][number][] = [];
  let after: string | null = null;
  do {
    const { conversions }: operations.ExplanationsQuery = await service.ask(operations.ExplanationsDocument, {
      first: 250,
      after,
    });
    nodes.push(...conversions.nodes);
    after = conversions.pageInfo.hasNextPage ? (conversions.pageInfo.endCursor ?? null) : null;
  } while (after !== null);
  return nodes;
}
