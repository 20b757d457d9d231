/** Opens a warehouse in a process of its own, for the tests that kill one or start two. */
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
      // As sudden as a power cut, at a place that is the same each time.
      if (options.dieAt !== undefined && line.trim().startsWith(options.dieAt)) process.kill(process.pid, 'SIGKILL');
    },
  });
  process.stdout.write('open\n');
  for await (const _ of process.stdin) {
    // Until the parent closes it.
  }
  await warehouse.close();
} catch (error) {
  if (!(error instanceof EmbeddedStoreError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
