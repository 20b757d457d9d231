import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openWarehouse } from '../../src/db/warehouse/connect.ts';
import { openEmbeddedWarehouse } from '../../src/embedded/index.ts';
import { createServer } from '../../src/server.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The service as a first user has it: demo data in a new data folder, the built page, on a free port. */
export async function startService() {
  const dataDir = await mkdtemp(join(tmpdir(), 'browser-'));
  const now = () => new Date();
  const embedded = await openEmbeddedWarehouse({
    dataDir,
    csvFolder: null,
    dbtFolder: join(ROOT, 'warehouse/dbt'),
    now,
    onFailure: (error) => {
      throw error;
    },
    report: () => {},
  });
  const warehouse = openWarehouse({
    connection: embedded.connection,
    maxConnections: 2,
    onConnectionLost: () => {},
  });
  const server = await createServer({
    warehouse,
    logger: pino({ level: 'silent' }),
    staleAfterMinutes: 24 * 60,
    pageFolder: join(ROOT, 'dist/web'),
    now,
  });
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    origin,
    close: async () => {
      await server.close();
      await warehouse.close();
      await embedded.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
