/**
 * Shows data moving through the stack that runs in another terminal: changes AdSuite's database, adds clicks and
 * conversions, runs the pipeline, and compares what the API answers with what it must. Ends with 1 if a claim fails.
 *
 *   npm run stack:move
 */
import { reasonOf } from '../local/errors.ts';
import { StackError } from './stack/errors.ts';
import { graphql } from './stack/graphql.ts';
import { withClient } from './stack/logins.ts';
import { moveData } from './stack/move/move.ts';
import { findStack } from './stack/running.ts';
import { stackFolder } from './stack/settings.ts';

try {
  const { logins, origin } = findStack(stackFolder(process.env));
  const held = await withClient(logins.to('adsuite', 'adsuite'), (adsuite) =>
    withClient(logins.to('warehouse', 'postgres'), (warehouse) =>
      moveData({ logins, adsuite, warehouse, ask: graphql(origin), report: console.log }),
    ),
  );
  if (!held) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof StackError ? reasonOf(error) : error);
  process.exitCode = 1;
}
