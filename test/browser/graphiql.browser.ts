import type { Route } from 'playwright-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { readExamples } from '../support/service.ts';
import {
  execute,
  type OpenPage,
  openExample,
  queryText,
  responseText,
  tabs,
  typeInNewTab,
  variablesText,
  withPages,
} from './page.ts';
import { skipReason } from './service.ts';

if (skipReason) process.stderr.write(`Skipping browser tests. ${skipReason}\n`);

describe.skipIf(skipReason)('the GraphiQL page', () => {
  const { open, origin } = withPages();
  let opened: OpenPage;
  let page: OpenPage['page'];
  beforeEach(async () => {
    opened = await open();
    page = opened.page;
  });

  test('opens with one tab and a panel of examples, and loads the schema', async () => {
    expect(await page.title()).toContain('Attribution API');
    expect(await tabs(page).allTextContents()).toEqual(['DataAsOf']);
    await expect.poll(() => queryText(page)).toContain('# How fresh is the data?');
    const listed = await page.getByRole('region', { name: 'Examples' }).locator('small').allTextContents();
    expect(listed.toSorted()).toEqual(
      readExamples()
        .map(({ name }) => name)
        .toSorted(),
    );
    await page.waitForLoadState('networkidle');
    expect(opened.requested).toContain(`${origin()}/graphql`);
  });

  test('lists mutations only for operators, in a closed list', async () => {
    const mutations = readExamples().filter(({ query }) => /^mutation /m.test(query));
    expect(mutations.length).toBeGreaterThan(0);
    for (const { name } of mutations) {
      const listed = page.getByText(name, { exact: true });
      expect(await listed.isVisible()).toBe(false);
      expect(await listed.evaluate((element) => element.closest('details')?.textContent)).toContain('for operators');
    }
  });

  test('runs a query typed by hand with Ctrl+Enter', async () => {
    await typeInNewTab(page, '{ conversions(first: 3) { nodes { payout } totalCount } }');
    await page.keyboard.press('Control+Enter');
    await expect.poll(() => responseText(page)).toMatch(/("payout": "[\d.]+".*){3}"totalCount": \d+/s);
  });

  test.each(['another tab is opened', 'a tab is added', 'it is stopped'])(
    'shows no answer that arrives after %s',
    async (how) => {
      const held = Promise.withResolvers<void>();
      const arrived = Promise.withResolvers<void>();
      await page.route('**/graphql', async (route) => {
        if (!route.request().postData()?.includes('query Held')) return route.continue();
        arrived.resolve();
        await held.promise;
        // Aborted requests cannot be answered.
        await route.continue().catch(() => {});
      });
      await typeInNewTab(page, 'query Held { dataStatus { build } }');
      await execute(page);
      await arrived.promise;
      const failed = page.waitForEvent('requestfailed');
      if (how === 'another tab is opened') await tabs(page).first().click();
      else if (how === 'a tab is added') await page.getByRole('button', { name: 'New tab' }).click();
      else await page.getByRole('button', { name: /Stop query/ }).click();
      await failed;
      held.resolve();
      // The next answer is there, and the one of before is not.
      await typeInNewTab(page, 'query Next { dataStatus { isStale } }');
      await execute(page);
      await expect.poll(() => responseText(page)).toContain('"isStale"');
      await tabs(page).nth(1).click();
      expect(await responseText(page)).toBe('');
    },
  );

  test('prettifies a query', async () => {
    await typeInNewTab(page, '{ dataStatus { build } }');
    await page.getByRole('button', { name: /Prettify/ }).click();
    await page.locator('.graphiql-query-editor .line-numbers', { hasText: '5' }).waitFor();
  });

  test('checks a query against the schema while it is typed', async () => {
    await typeInNewTab(page, '{ nonsense }');
    await page.locator('.graphiql-query-editor .squiggly-error').waitFor({ state: 'attached' });
  });

  test.each(readExamples())('runs the example $name', async ({ name, query, variables }) => {
    await openExample(page, name);
    for (const variable of Object.keys(variables))
      await expect.poll(() => variablesText(page)).toContain(`"${variable}"`);
    await execute(page);
    if (/^mutation /m.test(query)) await page.getByRole('button', { name: 'Send the mutation' }).click();
    // A mutation of a run changes nothing until it gets the id of one. The demo data have one build, and so none before it.
    const needsBuild = Object.values(variables).includes('id of a build');
    const refusal = needsBuild ? ['BUILD_NOT_KEPT', '409 (Conflict)'] : ['PUSH_NOT_FOUND', '404 (Not Found)'];
    const isRefused = needsBuild || 'runId' in variables;
    // The views of some examples are not JSON.
    await page.getByRole('tab', { name: 'JSON' }).click();
    // The first query of the ledger waits until it is created.
    const expected = isRefused ? new RegExp(`"${refusal[0]}"`) : /^\{\s*"data": \{/;
    await expect.poll(() => responseText(page), { timeout: 30_000 }).toMatch(expected);
    if (isRefused)
      await expect.poll(() => opened.errors.splice(0)).toEqual([expect.stringContaining(refusal[1] ?? '')]);
    expect(await page.locator('.squiggly-error').count()).toBe(0);
  });

  test('fills the variables of an example with values of the data', async () => {
    await openExample(page, 'StrategiesByDay');
    await expect.poll(() => variablesText(page)).toMatch(/"from": "\d{4}-\d\d-\d\dT00:00:00Z"/);
    const [from, to] = (await variablesText(page)).match(/\d{4}-\d\d-\d\dT00:00:00Z/g) ?? [];
    expect(Date.parse(to ?? '') - Date.parse(from ?? '')).toBe(30 * 86_400_000);
  });

  test('keeps the open tab visible', async () => {
    for (const { name } of readExamples().slice(0, 12)) await openExample(page, name);
    const row = await page.locator('.graphiql-tabs').boundingBox();
    const tab = await page.locator('.graphiql-tab-active').boundingBox();
    expect(tab && row && tab.x >= row.x - 1 && tab.x + tab.width <= row.x + row.width + 1).toBe(true);
  });

  test('shows the descriptions of the schema', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const docs = page.locator('.graphiql-doc-explorer');
    await docs.getByRole('link', { name: 'Query', exact: true }).first().click();
    await docs.getByText('Version and freshness of the data.').waitFor();
  });

  test('keeps the tabs after a reload', async () => {
    await typeInNewTab(page, 'query Mine { dataStatus { build } }');
    // GraphiQL stores the tabs and the text of the open one at different times. A reload in between opens another tab.
    const kept = () =>
      page.evaluate(() => {
        const of = (key: string) => localStorage.getItem(`attribution-api:graphiql:${key}`) ?? '';
        const { tabs, activeTabIndex } = JSON.parse(of('tabState') || '{"tabs":[]}');
        return tabs[activeTabIndex]?.query === of('query') ? of('query') : '';
      });
    await expect.poll(kept).toMatch(/query Mine \{ dataStatus \{ build \}/);
    await page.reload();
    await expect.poll(() => tabs(page).allTextContents()).toEqual(['DataAsOf', 'Mine']);
    await expect.poll(() => queryText(page)).toContain('query Mine');
  });

  test('reopens an example whose tab was closed', async () => {
    await openExample(page, 'LatestConversions');
    await page.locator('.graphiql-tab-active').getByRole('button', { name: 'Close Tab' }).press('Enter');
    await expect.poll(() => tabs(page).allTextContents()).toEqual(['DataAsOf']);
    await openExample(page, 'LatestConversions');
    await expect.poll(() => tabs(page).allTextContents()).toEqual(['DataAsOf', 'LatestConversions']);
  });

  test('keeps the name of a tab while others are closed and opened at once', async () => {
    await openExample(page, 'LatestConversions');
    // Both clicks in one turn: GraphiQL still has the name of the closed tab when the next one opens.
    await page.evaluate(`
      document.querySelector('.graphiql-tab-active .graphiql-tab-close').click();
      const buttons = [...document.querySelectorAll('section[aria-label="Examples"] button')];
      buttons.find((button) => button.querySelector('small')?.textContent === 'Builds').click();
    `);
    await expect.poll(() => queryText(page)).toContain('query Builds');
    await expect.poll(() => tabs(page).allTextContents()).toEqual(['DataAsOf', 'Builds']);
  });

  test('shows a notice while the service does not respond', async () => {
    // Only the requests to the service fail: the page may still load its own scripts, the workers of the editors among them. From
    // the beginning, so that no answer to an earlier request arrives after a failure.
    const fail = (route: Route) => route.abort('internetdisconnected');
    const { page, context } = await open({
      onContext: async (created) => {
        await created.route('**/graphql', fail);
      },
    });
    const notice = page.getByText('The Attribution API does not respond');
    for (const again of [false, true]) {
      if (again) await context.route('**/graphql', fail);
      await execute(page);
      await notice.waitFor();
      await expect.poll(() => responseText(page)).toContain('did not respond');

      await context.unroute('**/graphql', fail);
      await execute(page);
      await notice.waitFor({ state: 'detached' });
      await expect.poll(() => responseText(page)).toContain('"data"');
    }
  });
});
