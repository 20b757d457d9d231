/**
 * Writes src/adsuite-contract.ts, the zod schemas and types of the contract with AdSuite. With `--check` it writes nothing: it
 * lints the contract with its examples, and compares the file with the contract.
 *
 * Exits with 1 on a finding.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { contractFile } from '../local/adsuite.ts';
import { contractSource, schemasFile } from './contract/schemas.ts';

const source = contractSource();
if (process.argv.includes('--check')) {
  const config = join(dirname(contractFile), 'redocly.yaml');
  const { status, error } = spawnSync('redocly', ['lint', '--config', config, relative('.', contractFile)], {
    stdio: 'inherit',
    // By default it reports its use and looks for a newer version.
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  });
  if (error) throw error;
  const isCurrent = readFileSync(schemasFile, 'utf8') === source;
  if (!isCurrent) console.error(`${relative('.', schemasFile)} differs from the contract. Run: npm run contract`);
  process.exitCode = status === 0 && isCurrent ? 0 : 1;
} else {
  writeFileSync(schemasFile, source);
}
