/** An AdSuite sandbox in a separate process: prints its address, and exits when its parent does. */
import { startSandbox } from '../../src/embedded/sandbox/index.ts';

const [, , token = ''] = process.argv;
const sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
process.stdout.write(`${sandbox.url}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
