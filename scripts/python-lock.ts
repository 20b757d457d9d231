/** Updates the lock files of the Python environments (local/python/*.txt) to the newest versions that `*.in` allows. */
import { exitWithReason } from '../local/errors.ts';
import { environments, lockEnvironment } from '../local/python/environment.ts';

for (const name of environments) await lockEnvironment(name, console.log).catch(exitWithReason);
