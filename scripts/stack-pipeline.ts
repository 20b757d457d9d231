/**
 * Refreshes the mirror, checks that, attributes and tests, once, on the stack that runs in another terminal: what
 * Airflow does every hour in production.
 *
 *   npm run stack:pipeline
 */
import { reasonOf } from '../local/errors.ts';
import { StackError } from './stack/errors.ts';
import { runPipeline } from './stack/pipeline.ts';
import { findStack } from './stack/running.ts';
import { stackFolder } from './stack/settings.ts';

try {
  const { logins } = findStack(stackFolder(process.env));
  await runPipeline(logins, { report: console.log });
} catch (error) {
  console.error(error instanceof StackError ? reasonOf(error) : error);
  process.exitCode = 1;
}
