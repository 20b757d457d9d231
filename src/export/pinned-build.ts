import type { BuildWatch } from '../db/warehouse/build-watch.ts';
import { type BuildRow, tablesOf } from '../db/warehouse/queries/builds.ts';
import { WarehouseUnavailable } from '../errors.ts';

/**
 * The builds as an export sees them: the newest at its first look, whatever builds finish meanwhile.
 *
 * @returns a watch that fails if the build shares its tables with the next one, as those of earlier releases do: rows of both would
 *   be mixed.
 */
export function pinBuild({ newest, forget }: BuildWatch): BuildWatch {
  let picked: Promise<BuildRow | null> | undefined;
  const pick = async () => {
    const build = await newest();
    if (build !== null && tablesOf(build) === null) throw new WarehouseUnavailable('outdated');
    return build;
  };
  return {
    newest: () => {
      picked ??= pick();
      return picked;
    },
    forget,
  };
}
