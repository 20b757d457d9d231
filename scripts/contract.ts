/**
 * Writes the types that the contract with AdSuite has (src/adsuite-api.ts). With `--check` it writes nothing: it lints the
 * contract, its examples included, and compares the types.
 *
 * Exits with 1 on a finding.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { contractFile, contractTypes, typesFile } from './contract/types.ts';

const types = await contractTypes();
if (process.argv.includes('--check')) {
  const config = join(dirname(contractFile), 'redocly.yaml');
  const { status, error } = spawnSync('redocly', ['lint', '--config', config, relative('.', contractFile)], {
    stdio: 'inherit',
    // It would report its use, and ask for newer versions of itself.
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  });
  if (error) throw error;
  const isCurrent = readFileSync(typesFile, 'utf8') === types;
  if (!isCurrent) console.error(`${relative('.', typesFile)} is not what the contract gives; run: npm run contract`);
  process.exitCode = status === 0 && isCurrent ? 0 : 1;
} else {
  writeFileSync(typesFile, types);
}
