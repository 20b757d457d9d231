/**
 * Runs the pipeline once on a running stack: refreshes the mirror, checks the refresh, attributes and tests. In
 * production, Airflow does this every hour.
 *
 *   npm run stack:pipeline
 */
import { LocalError } from '../local/errors.ts';
import { runPipeline } from './stack/pipeline.ts';
import { findStackToRunPipeline } from './stack/running.ts';
import { stackFolder } from './stack/settings.ts';

try {
  const { logins, runner } = findStackToRunPipeline(stackFolder(process.env));
  await runPipeline(logins, { runner, report: console.log });
} catch (error) {
  console.error(error instanceof LocalError ? error.message : error);
  process.exitCode = 1;
}
