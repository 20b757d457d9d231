import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keysOf, newKey } from '../support/authentication.ts';
import { launchChromium, skipReason, startService } from './service.ts';

const viewer = newKey({ name: 'ana' });
const operator = newKey({ name: 'ben', role: 'operator' });

describe.skipIf(skipReason)('the GraphiQL page of a service with authentication', () => {
  let service: Awaited<ReturnType<typeof startService>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium();
    service = await startService({ keys: keysOf(viewer, operator), verifyJwt: null, now: () => new Date() });
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    page = await context.newPage();
    await page.goto(service.origin);
    await form().waitFor();
  });
  afterEach(() => context?.close());

  const form = (of = page) => of.getByRole('form', { name: 'API key' });
  const response = async () => (await page.locator('.graphiql-response .view-lines').first().textContent()) ?? '';
  const enter = async (key: string) => {
    await form().getByLabel('API key or token').fill(key);
    await form().getByRole('button', { name: 'Use it' }).click();
  };
  /** Executes the query of the open tab. GraphiQL ignores the button until its editors are ready. */
  const execute = async () => {
    let isSent = false;
    const notice = (request: Request) => {
      isSent ||= request.postData()?.includes('query DataAsOf') === true;
    };
    page.on('request', notice);
    const send = async () => {
      if (!isSent) await page.getByRole('button', { name: /Execute query/ }).click();
      return isSent;
    };
    await expect.poll(send, { interval: 1_000 }).toBe(true);
    page.off('request', notice);
  };

  test('asks for a key, then loads the schema and answers', async () => {
    expect(await form().textContent()).toContain('requires an API key or a token');
    await enter(viewer.key);
    await form().waitFor({ state: 'detached' });
    await execute();
    await expect.poll(response).toContain('"data"');
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.locator('.graphiql-doc-explorer').getByText('Query').first().waitFor();
  });

  test('asks again after a wrong key, and says why', async () => {
    await enter(newKey().key);
    await expect.poll(() => form().textContent()).toContain('The API key is not valid');
    await enter(viewer.key);
    await form().waitFor({ state: 'detached' });
    await execute();
    await expect.poll(response).toContain('"data"');
  });

  test('keeps the key in the tab only: over a reload, but not in another tab, nor anywhere else', async () => {
    await enter(viewer.key);
    await form().waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('button', { name: 'DataAsOf', exact: true }).waitFor();
    await execute();
    await expect.poll(response).toContain('"data"');
    expect(await form().count()).toBe(0);
    const stored = await page.evaluate(() => JSON.stringify(localStorage));
    const elsewhere = stored + JSON.stringify(await context.cookies()) + page.url();
    expect(elsewhere).not.toContain(viewer.key);

    const other = await context.newPage();
    await other.goto(service.origin);
    await form(other).waitFor();
    expect(await other.evaluate(() => sessionStorage.getItem('attribution-api:key'))).toBeNull();
  });

  test('does not store a header that was typed, either: not with the tabs, nor in the history', async () => {
    await form().getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Headers' }).click();
    const headers = page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden)');
    const typed = () => headers.locator('.view-lines').first().textContent();
    await headers.locator('.monaco-editor').first().waitFor();
    // The editor takes no text before it has the focus.
    await expect
      .poll(
        async () => {
          await headers.click();
          if ((await typed()) === '')
            await page.keyboard.insertText(JSON.stringify({ authorization: `Bearer ${viewer.key}` }));
          return typed();
        },
        { interval: 1_000 },
      )
      .toContain(viewer.key.slice(0, 8));
    await execute();
    await expect.poll(response).toContain('"data"');
    const stored = () => page.evaluate(() => JSON.stringify(localStorage));
    await expect.poll(stored).toMatch(/attribution-api:graphiql:queries/);
    expect(await stored()).not.toContain(viewer.key);
  });

  test('shows the refusal if no key is given', async () => {
    await form().getByRole('button', { name: 'Cancel' }).click();
    await execute();
    await form().getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(response).toContain('UNAUTHENTICATED');
  });

  test('changes the key, for one with another role', async () => {
    await enter(viewer.key);
    await page.getByRole('button', { name: 'Change key' }).click();
    await enter(operator.key);
    await form().waitFor({ state: 'detached' });
    expect(await page.evaluate(() => sessionStorage.getItem('attribution-api:key'))).toBe(operator.key);
    await page.getByRole('button', { name: 'Change key' }).click();
    await enter('');
    await form().waitFor({ state: 'detached' });
    expect(await page.evaluate(() => sessionStorage.getItem('attribution-api:key'))).toBeNull();
    await execute();
    await form().waitFor();
  });
});
