import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readExamples } from '../support/service.ts';
import { launchChromium, skipReason, startService } from './service.ts';

/** Console errors of Chromium while it is offline. */
const OFFLINE = /ERR_INTERNET_DISCONNECTED/;

if (skipReason) process.stderr.write(`Skipping browser tests. ${skipReason}\n`);

describe.skipIf(skipReason)('the GraphiQL page', () => {
  let service: Awaited<ReturnType<typeof startService>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let requested: string[];
  let pageErrors: string[];

  beforeAll(async () => {
    browser = await launchChromium();
    service = await startService();
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  beforeEach(async () => {
    requested = [];
    pageErrors = [];
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    context.on('request', (request) => requested.push(request.url()));
    context.on('weberror', (error) => pageErrors.push(String(error.error())));
    context.on('console', (message) => {
      if (message.type() === 'error' || /content security policy/i.test(message.text()))
        pageErrors.push(message.text());
    });
    page = await context.newPage();
    const opened = await page.goto(service.origin);
    // Without a policy, the test would prove nothing about violations.
    expect(opened?.headers()['content-security-policy']).toContain("default-src '");
    await page.getByRole('tab', { name: 'DataAsOf' }).waitFor();
    await queryEditor().waitFor();
  });

  afterEach(async ({ task }) => {
    const folder = process.env.SCREENSHOTS;
    if (folder) await page?.screenshot({ path: join(folder, `${task.name.replace(/\W+/g, '-')}.png`) });
    await context?.close();
    const elsewhere = requested.filter((url) => !url.startsWith(`${service.origin}/`) && !url.startsWith('data:'));
    expect(elsewhere, 'requests to another origin').toEqual([]);
    expect(pageErrors.filter((text) => !OFFLINE.test(text))).toEqual([]);
  });

  const queryEditor = () => page.locator('.graphiql-query-editor .monaco-editor').first();
  const shown = async (selector: string) =>
    (await page.locator(`${selector} .view-lines`).first().textContent())?.replaceAll('\u00a0', ' ');
  const response = () => shown('.graphiql-response');

  async function typeInNewTab(query: string) {
    await page.getByRole('button', { name: 'New tab' }).click();
    await expect.poll(() => shown('.graphiql-query-editor')).toBe('');
    await queryEditor().click();
    await page.keyboard.type(query);
  }

  test('opens with the example queries and loads the schema', async () => {
    expect(await page.title()).toContain('Attribution API');
    const tabs = await page.getByRole('tab').allInnerTexts();
    expect(tabs).toEqual(readExamples().map(({ name }) => name));
    await expect.poll(() => shown('.graphiql-query-editor')).toContain('# How fresh is the data?');

    await page.waitForLoadState('networkidle');
    expect(requested).toContain(`${service.origin}/graphql`);
  });

  test('runs a query typed by hand with Ctrl+Enter', async () => {
    await typeInNewTab('{ conversions(first: 3) { nodes { payout } totalCount } }');
    await page.keyboard.press('Control+Enter');
    await expect.poll(response).toMatch(/("payout": "[\d.]+".*){3}"totalCount": \d+/s);
  });

  test('prettifies a query', async () => {
    await typeInNewTab('{ dataStatus { build } }');
    await page.getByRole('button', { name: /Prettify/ }).click();
    await page.locator('.graphiql-query-editor .line-numbers', { hasText: '5' }).waitFor();
  });

  test('checks a query against the schema while it is typed', async () => {
    await typeInNewTab('{ nonsense }');
    await page.locator('.graphiql-query-editor .squiggly-error').waitFor({ state: 'attached' });
  });

  test.each(readExamples())('runs the example $name unchanged', async ({ name, variables }) => {
    await page.getByRole('tab', { name: new RegExp(`^${name}\\b`) }).click();
    const operation = new RegExp(`(query|mutation) ${name}\\b`);
    await expect.poll(() => shown('.graphiql-query-editor')).toMatch(operation);
    for (const variable of Object.keys(variables))
      await expect.poll(() => shown('.graphiql-editor-tool')).toContain(`"${variable}"`);
    await page.getByRole('button', { name: /Execute query/ }).click();
    // A mutation of a run changes nothing until it gets the id of one, and builds have no ids that are known beforehand.
    const needsBuild = Object.values(variables).includes('id of a build');
    const refusal = needsBuild ? ['BUILD_NOT_KEPT', '409 (Conflict)'] : ['PUSH_NOT_FOUND', '404 (Not Found)'];
    const isRefused = needsBuild || 'runId' in variables;
    // The first query of the ledger waits until it is created.
    const expected = isRefused ? new RegExp(`"${refusal[0]}"`) : /^\{\s*"data": \{/;
    await expect.poll(response, { timeout: 30_000 }).toMatch(expected);
    if (isRefused) await expect.poll(() => pageErrors.splice(0)).toEqual([expect.stringContaining(refusal[1] ?? '')]);
    expect(await page.locator('.squiggly-error').count()).toBe(0);
  });

  test('shows the variables of an example', async () => {
    await page.getByRole('tab', { name: 'PageThroughConversions' }).click();
    await expect.poll(() => shown('.graphiql-editor-tool')).toContain('"first": 100');
    await expect.poll(() => shown('.graphiql-query-editor')).toContain('page by page?');
  });

  test('shows the descriptions of the schema', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const docs = page.locator('.graphiql-doc-explorer');
    await docs.getByRole('link', { name: 'Query', exact: true }).first().click();
    await docs.getByText('Version and freshness of the data.').waitFor();
  });

  test('keeps the tabs after a reload', async () => {
    await typeInNewTab('query Mine { dataStatus { build } }');
    // GraphiQL stores the tabs and the text of the open one at different times. A reload in between opens another tab.
    const kept = () =>
      page.evaluate(() => {
        const of = (key: string) => localStorage.getItem(`attribution-api:graphiql:${key}`) ?? '';
        const { tabs, activeTabIndex } = JSON.parse(of('tabState') || '{"tabs":[]}');
        return tabs[activeTabIndex]?.query === of('query') ? of('query') : '';
      });
    await expect.poll(kept).toMatch(/query Mine \{ dataStatus \{ build \}/);
    await page.reload();
    await page.getByRole('tab', { name: 'Mine' }).waitFor();
    await page.getByRole('tab', { name: 'DataAsOf' }).waitFor();
    await expect.poll(() => shown('.graphiql-query-editor')).toContain('query Mine');
  });

  test('reopens an example whose tab was closed', async () => {
    const tab = page.getByRole('tab', { name: 'LatestConversions' });
    await tab.hover();
    await tab.getByRole('button', { name: 'Close Tab' }).click();
    await tab.waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Show Examples' }).click();
    await page.getByRole('button', { name: /Which conversions are the latest/ }).click();
    await tab.waitFor();
    await expect.poll(() => shown('.graphiql-query-editor')).toContain('Which conversions are the latest');
  });

  test('shows a notice while the service does not respond', async () => {
    // Wait for the workers of the editors, which a busy machine fetches late.
    await page.getByRole('button', { name: /Execute query/ }).click();
    await expect.poll(response).toContain('"data"');
    await expect.poll(() => page.workers().length).toBe(3);
    await page.waitForLoadState('networkidle');
    await context.setOffline(true);
    await page.getByRole('button', { name: /Execute query/ }).click();
    const notice = page.getByText('The Attribution API does not respond');
    await notice.waitFor();
    await expect.poll(response).toContain('did not respond');

    await context.setOffline(false);
    await page.getByRole('button', { name: /Execute query/ }).click();
    await notice.waitFor({ state: 'detached' });
  });
});
