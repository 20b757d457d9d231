import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { keysOf, newKey } from '../support/authentication.ts';
import { openExample, picture, queryText, show, tabs, typeInNewTab, variablesText, withPages } from './page.ts';
import { skipReason } from './service.ts';

const ana = newKey({ name: 'ana' });
const ben = newKey({ name: 'ben' });

describe.skipIf(skipReason)('the panel of saved queries', () => {
  const { open } = withPages({ keys: keysOf(ana, ben), verifyJwt: null, now: () => new Date() });

  /** The page with the key of a caller, and with the panel. */
  async function openPanel({ key }: { readonly key: string }) {
    const opened = await open();
    const { page } = opened;
    const form = page.getByRole('form', { name: 'API key' });
    await form.getByLabel('API key or token').fill(key);
    await form.getByRole('button', { name: 'Use it' }).click();
    await form.waitFor({ state: 'detached' });
    opened.errors.splice(0);
    return opened;
  }
  const panelOf = (page: Page) => page.getByRole('region', { name: 'Saved queries' });
  const showPanel = (page: Page) => page.getByRole('button', { name: 'Show Saved queries' }).click();

  async function saveAs(page: Page, name: string): Promise<void> {
    await panelOf(page).getByLabel('Name', { exact: true }).fill(name);
    await panelOf(page).getByRole('button', { name: 'Save the open tab' }).click();
  }

  test('saves the open tab, opens it for others, and lets only its owner delete it, with undo', async () => {
    const { page } = await openPanel(ana);
    await openExample(page, 'StrategyHistory');
    await showPanel(page);
    await panelOf(page).getByText('No saved queries yet.').waitFor();
    const stale = await openPanel(ana);
    await openExample(stale.page, 'DataQuality');
    await showPanel(stale.page);
    await panelOf(stale.page).getByText('No saved queries yet.').waitFor();
    await show(page, 'Table');
    await saveAs(page, 'Iterations of a strategy');
    const saved = panelOf(page).getByRole('button', { name: /^Iterations of a strategy/ });
    await saved.waitFor();
    await expect.poll(() => queryText(page)).toContain('Best seen as Table.');
    await picture(page, 'saved-queries');

    const other = await openPanel(ben);
    await showPanel(other.page);
    await panelOf(other.page)
      .getByRole('button', { name: /^Iterations of a strategy/ })
      .click();
    await expect.poll(() => queryText(other.page)).toContain('query StrategyHistory');
    await other.page.locator('.result-views[data-view=Table]').waitFor();
    expect(await variablesText(other.page)).toContain('"strategyId"');
    expect(await tabs(other.page).allTextContents()).toEqual(['DataAsOf', 'StrategyHistory']);
    expect(
      await panelOf(other.page)
        .getByRole('button', { name: /^Delete/ })
        .count(),
    ).toBe(0);
    await saveAs(other.page, 'Iterations of a strategy');
    await panelOf(other.page)
      .getByText(/there is a saved query "Iterations of a strategy" of ana already\. Choose another name\.$/)
      .waitFor();
    expect(await panelOf(other.page).getByLabel('Name', { exact: true }).inputValue()).toBe('Iterations of a strategy');
    await expect.poll(() => other.errors.splice(0)).toEqual([expect.stringContaining('409')]);

    await panelOf(page).getByRole('button', { name: 'Delete Iterations of a strategy' }).click();
    await saved.waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Undo');
    await panelOf(page).getByRole('button', { name: 'Undo' }).click();
    await saved.waitFor();
    await panelOf(page).getByLabel('Name', { exact: true }).fill('Iterations of a strategy');
    await panelOf(page).getByRole('button', { name: "Replace ana's query" }).click();
    await panelOf(page).getByRole('button', { name: 'Save the open tab' }).waitFor();
    expect(await panelOf(page).getByRole('listitem').count()).toBe(1);

    await panelOf(page).getByRole('button', { name: 'Rename Iterations of a strategy' }).click();
    await page.keyboard.type('Given up');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Rename');
    await page.keyboard.press('Enter');
    // The old name is selected.
    await page.keyboard.type('All iterations');
    await page.keyboard.press('Enter');
    await panelOf(page)
      .getByRole('button', { name: /^All iterations/ })
      .waitFor();
    expect(await panelOf(page).getByRole('listitem').count()).toBe(1);
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Rename');
    await page.keyboard.press('Enter');
    await page.keyboard.type('Iterations of a strategy');
    await page.keyboard.press('Enter');
    await saved.waitFor();

    await show(stale.page, 'Table');
    // Its list was loaded before the query was saved.
    await saveAs(stale.page, 'Iterations of a strategy');
    await panelOf(stale.page).getByText("Replace ana's query Iterations of a strategy?").waitFor();
    expect(await queryText(stale.page)).not.toContain('Best seen as Table.');
    await panelOf(stale.page).getByRole('button', { name: 'Replace', exact: true }).click();
    await expect.poll(() => queryText(stale.page)).toContain('Best seen as Table.');
    await panelOf(stale.page)
      .getByRole('button', { name: /^Iterations of a strategy/ })
      .click();
    await expect.poll(() => tabs(stale.page).count()).toBe(2);
    expect(await panelOf(stale.page).getByRole('listitem').count()).toBe(1);
    await expect.poll(() => stale.errors.splice(0)).toEqual([expect.stringContaining('409')]);
  });

  test('shows why the service refuses to save', async () => {
    const { page, errors } = await openPanel(ana);
    await typeInNewTab(page, 'mutation M { pushMetrics(input: {}) { id } }');
    await show(page, 'Table');
    await showPanel(page);
    await saveAs(page, 'A push');
    await page.locator('.panel-problem').filter({ hasText: 'input.document' }).waitFor();
    expect(await panelOf(page).getByLabel('Name', { exact: true }).inputValue()).toBe('A push');
    // What was not saved is not changed, also when all of it has ended.
    await page.locator('section[aria-label="Saved queries"][aria-busy=false]').waitFor();
    expect(await queryText(page)).toMatch(/^mutation M/);
    await expect.poll(() => errors.splice(0)).toEqual([expect.stringContaining('400')]);
  });
});
