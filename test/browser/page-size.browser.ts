import type { Request } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { runExample, show, withPages } from './page.ts';
import { skipReason } from './service.ts';

const mebibyte = 1024 * 1024;

describe.skipIf(skipReason)('the size of the page', () => {
  const { open } = withPages();

  test('is less than 1.5 MiB over the network at first, and the views are loaded when they are opened', async () => {
    const { page, context, requested } = await open();
    await page.waitForLoadState('networkidle');
    const finished: Request[] = [];
    context.on('requestfinished', (request) => finished.push(request));
    // In a context that has loaded it, everything comes from the network again.
    await page.evaluate('localStorage.clear()');
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    await page.reload();
    await page.locator('.graphiql-query-editor .monaco-editor').first().waitFor();
    await page.waitForLoadState('networkidle');
    const files = await Promise.all(
      finished
        .filter((request) => request.url().includes('/graphiql/'))
        .map(async (request) => ({ url: request.url(), bytes: (await request.sizes()).responseBodySize })),
    );
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    process.stdout.write(`The page loads ${files.length} files, ${(total / mebibyte).toFixed(2)} MiB compressed\n`);
    expect(files.map(({ url }) => url).join()).toMatch(/index-.*monaco-editor-/s);
    expect(total).toBeLessThan(1.5 * mebibyte);

    const views = () => requested.filter((url) => /\/(table|chart|timeline)-[^/]*\.js$/.test(url)).length;
    expect(views()).toBe(0);
    await runExample(page, 'StrategyHistory');
    for (const [count, view] of [
      [1, 'Table'],
      [2, 'Chart'],
      [3, 'Timeline'],
    ] as const) {
      await show(page, view);
      await expect.poll(views).toBe(count);
    }
  });
});
