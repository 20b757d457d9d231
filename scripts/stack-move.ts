/**
 * Demonstrates on a running stack how data move: changes AdSuite's database, inserts clicks and conversions, runs the
 * pipeline, and compares the API's answers with expected ones. Exits with 1 if a check fails.
 *
 *   npm run stack:move
 */
import { LocalError } from '../local/errors.ts';
import { graphql } from './stack/graphql.ts';
import { withClient } from './stack/logins.ts';
import { runDemo } from './stack/move/demo.ts';
import { findStackToRunPipeline } from './stack/running.ts';
import { stackFolder } from './stack/settings.ts';

try {
  const { logins, runner, origin } = findStackToRunPipeline(stackFolder(process.env));
  const isPassed = await withClient(logins.to('adsuite', 'adsuite'), (adsuite) =>
    withClient(logins.to('warehouse', 'postgres'), (warehouse) =>
      runDemo({ logins, runner, adsuite, warehouse, ask: graphql(origin), report: console.log }),
    ),
  );
  if (!isPassed) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof LocalError ? error.message : error);
  process.exitCode = 1;
}
