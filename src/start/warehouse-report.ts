import type { Warehouse } from '../db/warehouse/connect.ts';
import { isOfThisRelease, newestBuild, tablesOf } from '../db/warehouse/queries/builds.ts';
import { qualityOfBuild } from '../db/warehouse/queries/quality.ts';
import { mayWrite } from '../db/warehouse/queries/rights.ts';
import { publishedName, servedTables } from '../db/warehouse/tables.ts';
import type { QualityFinding } from '../domain/quality.ts';
import { StartError } from './listen.ts';

/**
 * Connects to the warehouse once and prints what it found. If the warehouse is unavailable, the service starts nevertheless: its
 * queries fail until the warehouse is back.
 *
 * @throws {StartError} if the configuration or the user's privileges must be fixed.
 */
export async function reportWarehouse(warehouse: Warehouse, say: (line: string) => void): Promise<void> {
  say(`Warehouse: ${warehouse.title}`);
  try {
    if (await mayWrite(warehouse, await reportBuild(warehouse, say))) {
      say(
        '  Notice: this user may write. The service only reads: use a user that has only the role attribution_reader.',
      );
    }
  } catch (error) {
    const { kind, explanation } = warehouse.explain(error);
    // Before the first build the schema may be missing. That was reported above.
    if (kind === 'unbuilt' || kind === 'missing') return;
    if (kind === 'refused') throw new StartError(explanation);
    say(`  It is not available now: ${explanation}`);
    say('  The service starts anyway, and answers when the warehouse is available.');
  }
}

/** Prints the newest build. @returns the names of its tables, as far as they exist. */
async function reportBuild(warehouse: Warehouse, say: (line: string) => void): Promise<readonly string[]> {
  const build = await newestBuild(warehouse);
  if (build === null) {
    say('  It has no build yet. Run the pipeline (docs/airflow.md). The service detects the build without a restart.');
    return [];
  }
  say(
    `  Build ${build.build_number} of ${build.as_of}, ${build.conversions} conversions, ${build.attributed} attributed`,
  );
  const number = tablesOf(build);
  const later = ['attribution_history', 'finding_intervals'];
  const made = servedTables.filter((table) => !later.includes(table) || isOfThisRelease(build));
  const tables = number === null ? made : made.map((table) => publishedName(table, number));
  const quality = await qualityOfBuild(warehouse, build.build_id);
  if (quality === null) {
    say(
      '  Notice: pushes of this build are refused, because it has no data quality record. Run the current dbt models.',
    );
    return tables.filter((table) => table !== 'data_quality_findings');
  }
  const errors = quality.filter(({ severity, count }) => severity === 'ERROR' && count > 0);
  if (errors.length > 0)
    say(`  Notice: pushes of this build are refused, because it has ${errors.map(counted).join(', ')}.`);
  return tables;
}

const counted = ({ check, count }: QualityFinding): string => `${check} (${count})`;
