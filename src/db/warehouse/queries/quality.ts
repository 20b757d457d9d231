import { type QualityFinding, qualityChecks } from '../../../domain/quality.ts';
import { WarehouseUnavailable } from '../../../errors.ts';
import type { Warehouse } from '../connect.ts';

/**
 * What each check found in a build, in the order of `qualityChecks`; null where the build has no record, as models older
 * than the checks made it. Never changes for a build.
 */
export async function qualityOfBuild(warehouse: Warehouse, buildId: string): Promise<readonly QualityFinding[] | null> {
  const query = warehouse.db
    .selectFrom('data_quality_findings')
    .select(['check_name', 'severity', 'found', 'subject_id', 'detail'])
    .where('build_id', '=', buildId)
    .orderBy('check_name')
    .orderBy('subject_rank');
  let rows: Awaited<ReturnType<typeof query.execute>>;
  try {
    rows = await warehouse.rows('quality.ofBuild', query);
  } catch (error) {
    // There is a build, so it is this table alone that does not stand yet.
    if (error instanceof WarehouseUnavailable && error.isUnbuilt) return null;
    throw error;
  }
  if (rows.length === 0) return null;
  const findings = [...Map.groupBy(rows, (row) => row.check_name)].map(([check, [first, ...more]]): QualityFinding => {
    if (!first) throw new Error('a group has a row');
    const subjects = [first, ...more].flatMap(({ subject_id: id, detail }) => (id === null ? [] : [{ id, detail }]));
    return { check, severity: first.severity, count: Number(first.found), subjects };
  });
  return findings.sort((one, other) => placeOf(one) - placeOf(other));
}

const placeOf = ({ check }: QualityFinding): number => qualityChecks.indexOf(check);
