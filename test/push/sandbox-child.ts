/** A sandbox in a process of its own, for the test that kills it. */
import { startSandbox } from '../../src/embedded/sandbox/index.ts';

const [, , folder = '', token = ''] = process.argv;
const sandbox = await startSandbox({ port: 0, token, folder, now: () => new Date() });
process.stdout.write(`${sandbox.url}\n`);
