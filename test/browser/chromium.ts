import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

const MISSING = `There is no Chromium at ${CHROMIUM}. Install it (Debian: apt-get install -y chromium) or set CHROMIUM_PATH.`;

/** Why browser tests are skipped, or undefined when they must run: in CI a missing browser is a failure. */
export const skipReason = existsSync(CHROMIUM) || process.env.CI ? undefined : MISSING;

/**
 * A browser that can resolve no host name: whatever a page asks of another host fails. Each context is a new, empty profile.
 *
 * @param hostsOnLoopback names that resolve to 127.0.0.1 all the same.
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
