import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

const MISSING = `Chromium not found at ${CHROMIUM}. Install it (Debian: apt-get install -y chromium) or set CHROMIUM_PATH.`;

/** Why browser tests are skipped; undefined if they run. In CI, a missing browser is a failure. */
export const skipReason = existsSync(CHROMIUM) || process.env.CI ? undefined : MISSING;

/**
 * Launches a browser that resolves no host names, so requests to other hosts fail.
 *
 * @param hostsOnLoopback names that resolve to 127.0.0.1.
 */
export async function launchChromium(hostsOnLoopback: readonly string[] = []): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(MISSING);
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=${[...hostsOnLoopback.map((name) => `MAP ${name} 127.0.0.1`), 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1'].join(', ')}`,
    ],
  });
}
