import type { Warehouse } from '../db/warehouse/connect.ts';
import { newestBuild } from '../db/warehouse/queries/builds.ts';
import { qualityOfBuild } from '../db/warehouse/queries/quality.ts';
import { mayWrite, servedTables, type TableName } from '../db/warehouse/queries/rights.ts';
import type { QualityFinding } from '../domain/quality.ts';
import { StartError } from './listen.ts';

/**
 * Looks once whether a warehouse answers, and tells a person what was found. What passes by itself (a server that is
 * down) is told, and the service starts: its queries fail until the warehouse is back.
 *
 * @throws {StartError} where the configuration or the warehouse's rights have to be mended.
 */
export async function reportWarehouse(warehouse: Warehouse, say: (line: string) => void): Promise<void> {
  say(`Warehouse: ${warehouse.title}`);
  try {
    if (await mayWrite(warehouse, await reportBuild(warehouse, say))) {
      say(
        '  Notice: this user may write. The service only reads: give it a user with the role attribution_reader alone.',
      );
    }
  } catch (error) {
    const { kind, explanation } = warehouse.explain(error);
    // Before the first build even the schema may be missing; that was told above.
    if (kind === 'unbuilt') return;
    if (kind === 'refused') throw new StartError(explanation);
    say(`  It can't be asked now: ${explanation}`);
    say('  The service starts all the same, and answers as soon as it can.');
  }
}

/** Answers the tables that stand. */
async function reportBuild(warehouse: Warehouse, say: (line: string) => void): Promise<readonly TableName[]> {
  const build = await newestBuild(warehouse);
  if (build === null) {
    say('  Nothing has been built in it yet. Run the pipeline (docs/airflow.md); the service notices by itself.');
    return [];
  }
  say(
    `  Build ${build.build_number} of ${build.as_of}, ${build.conversions} conversions, ${build.attributed} attributed`,
  );
  const quality = await qualityOfBuild(warehouse, build.build_id);
  if (quality === null) {
    say('  Notice: this build has no record of data quality, so no push of it is sent. Run the current models.');
    return servedTables.filter((table) => table !== 'data_quality_findings');
  }
  const errors = quality.filter(({ severity, count }) => severity === 'ERROR' && count > 0);
  if (errors.length > 0) say(`  Notice: no push of it is sent, as it has ${errors.map(counted).join(', ')}.`);
  return servedTables;
}

const counted = ({ check, count }: QualityFinding): string => `${check} (${count})`;
