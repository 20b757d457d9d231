import type { Client } from 'pg';
import { instantFromPostgres } from '../../../src/domain/instant.ts';
import type { Ask } from '../graphql.ts';
import type { Checks } from './checks.ts';
import { conversionsById } from './conversions.ts';
import type { Moved } from './move.ts';
import { conversionId, type NewIteration } from './new-iteration.ts';

/** What nobody should do in AdSuite: moves an iteration's sealed beginning by so many microseconds. Gives the new one. */
export async function editCreatedAt(adsuite: Client, { id }: NewIteration, microseconds: number): Promise<string> {
  const { rows } = await adsuite.query<{ created_at: string }>(
    `update public.iterations set created_at = created_at + $2 * interval '1 microsecond'
     where iteration_id = $1 returning created_at::text`,
    [id, microseconds],
  );
  return instantFromPostgres(rows[0]?.created_at ?? '');
}

/** The conversion at the old beginning has moved; the build says why, and would not be pushed. */
export async function claimEditFound(ask: Ask, checks: Checks, moved: Moved, now: string): Promise<void> {
  const { target, made } = moved;
  const id = conversionId(made.id, 'at');
  const seen = (await conversionsById(ask, [id])).get(id)?.iterationId;
  checks.equal(`the click at its old beginning has moved to iteration ${target.live.id}`, seen, target.live.id);
  const detail = `${made.createdAt} -> ${now}`;
  checks.equal(`dataQuality tells why: ${detail}`, await editOf(ask, made.id), detail);
  const { plan } = await ask<{ plan: { findings: { guard: string }[] } }>(
    '{ plan: planMetricsPush(input: {}, first: 0) { findings { guard } } }',
  );
  const guards = plan.findings.map(({ guard }) => guard);
  checks.equal('a push of this build would be refused by DATA_QUALITY', guards.includes('DATA_QUALITY'), true);
}

/** Put back, nothing is left of it. */
export async function claimEditUndone(ask: Ask, checks: Checks, { made }: Moved): Promise<void> {
  const id = conversionId(made.id, 'at');
  const seen = (await conversionsById(ask, [id])).get(id)?.iterationId;
  checks.equal(`put back, the click counts for iteration ${made.id} again`, seen, made.id);
  checks.equal('and dataQuality does not name the iteration any more', await editOf(ask, made.id), null);
}

/** What dataQuality says of an edit of this iteration; null: nothing. */
async function editOf(ask: Ask, iterationId: string): Promise<string | null> {
  type Finding = { check: string; subjects: { id: string; detail: string | null }[] };
  const { dataQuality } = await ask<{ dataQuality: Finding[] }>(
    '{ dataQuality(severity: ERROR) { check subjects { id detail } } }',
  );
  const edited = dataQuality.find(({ check }) => check === 'CREATED_AT_EDITED');
  return edited?.subjects.find(({ id }) => id === iterationId)?.detail ?? null;
}
