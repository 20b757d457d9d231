/** Updates the lock files of local/python (`*.txt`) to the newest versions that `*.in` allows. */
import { exitWithReason } from '../local/errors.ts';
import { writeLock } from '../local/python/environment.ts';
import { lockNames } from '../local/python/versions.ts';

for (const name of lockNames) await writeLock(name, console.log).catch(exitWithReason);
