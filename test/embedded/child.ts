/** Opens a warehouse in a separate process, for tests that kill it or start two. */
import { EmbeddedStoreError, openEmbeddedWarehouse } from '../../src/embedded/index.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as Record<string, string | undefined>;
try {
  const warehouse = await openEmbeddedWarehouse({
    dataDir: options.dataDir ?? '',
    csvFolder: options.csvFolder ?? null,
    dbtFolder: options.dbtFolder ?? null,
    now: () => new Date('2026-07-01T00:00:00Z'),
    onFailure: (error) => {
      throw error;
    },
    report: (line) => {
      process.stdout.write(`${line}\n`);
      // An immediate end, at the same point each time.
      if (options.dieAt !== undefined && line.trim().startsWith(options.dieAt)) process.kill(process.pid, 'SIGKILL');
    },
  });
  process.stdout.write('open\n');
  for await (const _ of process.stdin) {
    // Runs until the parent closes stdin.
  }
  await warehouse.close();
} catch (error) {
  if (!(error instanceof EmbeddedStoreError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
