import type { Warehouse } from '../db/warehouse/connect.ts';
import { newestBuild } from '../db/warehouse/queries/builds.ts';
import { mayWrite } from '../db/warehouse/queries/rights.ts';
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
    const build = await newestBuild(warehouse);
    if (build) {
      say(
        `  Build ${build.build_number} of ${build.as_of}, ${build.conversions} conversions, ${build.attributed} attributed`,
      );
    } else {
      say('  Nothing has been built in it yet. Run the pipeline (docs/airflow.md); the service notices by itself.');
    }
    if (await mayWrite(warehouse, build !== null)) {
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
