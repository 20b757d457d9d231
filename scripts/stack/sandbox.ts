import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startSandbox } from '../../src/embedded/sandbox/index.ts';
import type { Closing } from './closing.ts';

/** Where AdSuite's API is, for the service's environment. */
export interface AdsuiteApi {
  readonly ADSUITE_URL: string;
  readonly ADSUITE_TOKEN: string;
}

/** Starts a stand-in for AdSuite's API, which remembers between starts what was pushed to it. */
export async function startAdsuiteApi(folder: string, closing: Closing): Promise<AdsuiteApi> {
  const token = randomBytes(24).toString('base64url');
  const sandbox = await startSandbox({ port: 0, token, folder: join(folder, 'sandbox'), now: () => new Date() });
  await closing.opened(() => sandbox.close());
  return { ADSUITE_URL: sandbox.url, ADSUITE_TOKEN: token };
}
