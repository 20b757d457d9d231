import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import {
  execute,
  openExample,
  picture,
  queryText,
  responseText,
  runExample,
  show,
  tabs,
  variablesText,
  withPages,
} from './page.ts';
import { skipReason } from './service.ts';

/** The fragment of a link, as the page makes it. */
const fragmentOf = (parameters: Record<string, string>): string =>
  `#${new URLSearchParams({ ...parameters, end: '1' })}`;

const notice = (page: Page) => page.locator('.notice');

describe.skipIf(skipReason)('a link to an operation', () => {
  const { open, origin } = withPages();

  /** Operations that a context sent from now on, without those of the page itself. */
  function sentBy(context: BrowserContext): string[] {
    const sent: string[] = [];
    context.on('request', (request) => {
      const body = request.postData() ?? '';
      if (!/IntrospectionQuery|ExampleValues/.test(body) && body !== '') sent.push(body);
    });
    return sent;
  }

  test('opens the operation, its variables and its view for someone else, and runs nothing', async () => {
    const { page, context } = await open();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await openExample(page, 'StrategyHistory');
    await show(page, 'Timeline');
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByText('Copied a link').waitFor();
    const link = await page.evaluate<string>('navigator.clipboard.readText()');
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await notice(page).waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.closest(".graphiql-query-editor") !== null')).toBe(true);

    let sent: string[] = [];
    const other = await open({
      fragment: link.slice(link.indexOf('#')),
      onContext: (created) => {
        sent = sentBy(created);
      },
    });
    await notice(other.page).filter({ hasText: 'Nothing was run' }).waitFor();
    await expect.poll(() => queryText(other.page)).toContain('query StrategyHistory');
    expect(await variablesText(other.page)).toContain('"strategyId": "1001"');
    await other.page.locator('.result-views[data-view=Timeline]').waitFor();
    expect(await tabs(other.page).allTextContents()).toEqual(['DataAsOf', 'StrategyHistory']);
    // The address has neither the operation nor anything that would open it again.
    expect(other.page.url()).toBe(`${origin()}/graphiql/`);
    expect(other.requested.filter((url) => url.includes('StrategyHistory'))).toEqual([]);
    await picture(other.page, 'link');
    // What is run by hand is the first that is sent.
    await execute(other.page);
    await expect.poll(() => sent.length).toBe(1);
    expect(sent[0]).toContain('query StrategyHistory');
    await other.page.locator('.result-timeline .bar').first().waitFor();
    expect(sent).toHaveLength(1);
    // It said that nothing was run.
    await notice(other.page).waitFor({ state: 'detached' });
  });

  test('keeps what was chosen in a chart, as the tab does, and ignores columns that are gone', async () => {
    const { page, context } = await open();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await runExample(page, 'StrategiesByDay');
    const chart = (shown: Page, name: RegExp) => shown.getByRole('img', { name }).waitFor();
    await chart(page, /^Chart of metrics\.conversions by day and strategyId/);
    await page.getByRole('combobox', { name: 'Values' }).selectOption('metrics.payout');
    await page.getByRole('combobox', { name: 'Lines by' }).selectOption('strategy.name');
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByText('Copied a link').waitFor();
    const link = await page.evaluate<string>('navigator.clipboard.readText()');
    const chosen = /^Chart of metrics\.payout by day and strategy\.name/;
    await tabs(page).first().click();
    await tabs(page).last().click();
    await chart(page, chosen);

    const other = await open({ fragment: link.slice(link.indexOf('#')) });
    await expect.poll(() => queryText(other.page)).toContain('query StrategiesByDay');
    await execute(other.page);
    await chart(other.page, chosen);
    const query = '{ metrics(groupBy: [DAY]) { nodes { day metrics { clicks conversions } } } }';
    const gone = fragmentOf({ query, view: 'Chart', list: 'gone', values: 'metrics.conversions', lines: 'gone' });
    await other.page.evaluate(`location.hash = ${JSON.stringify(gone)}`);
    await expect.poll(() => queryText(other.page)).toContain('clicks conversions');
    await execute(other.page);
    await chart(other.page, /^Chart of metrics\.conversions by day\./);
  });

  test('opens in the page that is open already, and runs no mutation without a confirmation', async () => {
    const { page, context } = await open();
    const sent = sentBy(context);
    const query = 'mutation FromALink { pushMetrics(input: { waitSeconds: 0 }) { id } }';
    await page.evaluate(`location.hash = ${JSON.stringify(fragmentOf({ query }))}`);
    await expect.poll(() => queryText(page)).toContain('mutation FromALink');
    await page.getByRole('button', { name: /Execute query/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('pushMetrics').waitFor();
    await picture(page, 'confirm-mutation');
    // A second Enter does not send it: Cancel has the focus.
    await page.keyboard.press('Enter');
    await expect.poll(() => responseText(page)).toContain('was not sent');
    expect(sent).toEqual([]);
    await page.getByRole('button', { name: /Execute query/ }).click();
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toMatch(/Execute query/);
    expect(sent).toEqual([]);
    // What is run by hand is the first that is sent.
    await page.getByRole('button', { name: /Execute query/ }).click();
    await dialog.getByRole('button', { name: 'Send the mutation' }).click();
    await expect.poll(() => sent.length).toBe(1);
  });

  test.each([
    ['cut off', '#query=%7B+dataStatus+%7B+bui', 'The link is incomplete'],
    ['not GraphQL', fragmentOf({ query: '{ dataStatus {' }), 'not valid GraphQL'],
    ['too long', fragmentOf({ query: `{ dataStatus { build } } #${'x'.repeat(20_000)}` }), 'too long'],
  ])('that is %s is refused with the reason', async (_name, fragment, reason) => {
    const { page } = await open({ fragment });
    await notice(page).filter({ hasText: reason }).waitFor();
    expect(await tabs(page).allTextContents()).toEqual(['DataAsOf']);
    expect(page.url()).toBe(`${origin()}/graphiql/`);
  });
});
