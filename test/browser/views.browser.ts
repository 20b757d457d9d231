import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import {
  execute,
  keepPicture,
  picture,
  queryText,
  runExample,
  show,
  tabs,
  typeInNewTab,
  variablesText,
  withPages,
} from './page.ts';
import { skipReason } from './service.ts';

/**
 * What is in a picture of a view: its width, the number of pixels in each color where the view is, which is above the legend,
 * and whether its background is light.
 *
 * @param height of the view, in CSS pixels.
 * @param scale pixels per CSS pixel.
 */
const pixelsOf = (
  page: Page,
  png: Buffer,
  colors: readonly string[],
  { height, scale }: { readonly height: number; readonly scale: number },
): Promise<{ width: number; drawn: number[]; corner: 'light' | 'dark' }> =>
  page.evaluate(`(async () => {
    const image = new Image();
    image.src = 'data:image/png;base64,${png.toString('base64')}';
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
    const above = pixels.subarray(0, image.width * Math.floor(${height * scale}));
    const drawn = ${JSON.stringify(colors)}.map((color) => {
      const [red, green, blue] = color.match(/[0-9a-f]{2}/g).map((part) => parseInt(part, 16));
      return above.filter((pixel) => pixel === (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0).length;
    });
    return { width: image.width, drawn, corner: (pixels[0] & 255) > 128 ? 'light' : 'dark' };
  })()`);

describe.skipIf(skipReason)('the views of a result', () => {
  const { open } = withPages();

  test('a table sorts rows, copies them for a spreadsheet, and is kept for its tab', async () => {
    const { page, context } = await open();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await runExample(page, 'StrategyHistory');
    await show(page, 'Table');
    const header = page.getByRole('columnheader', { name: 'metrics.conversions' });
    const conversions = async () => {
      const index: number = await header.evaluate((cell) => Reflect.get(cell, 'cellIndex'));
      const cells = await page.locator(`tbody td:nth-child(${index + 1})`).allInnerTexts();
      return cells.map(Number);
    };
    await header.getByRole('button').click();
    const ascending = await conversions();
    expect(ascending.length).toBeGreaterThan(3);
    expect(ascending).toEqual(ascending.toSorted((a, b) => a - b));
    await header.getByRole('button').click();
    expect(await header.getAttribute('aria-sort')).toBe('descending');
    expect(await conversions()).toEqual(ascending.toReversed());
    await picture(page, 'table');

    await page.getByRole('button', { name: 'Copy table' }).click();
    await page.getByText('Copied', { exact: true }).waitFor();
    const lines = (await page.evaluate<string>('navigator.clipboard.readText()'))
      .split('\n')
      .map((line) => line.split('\t'));
    expect(lines[0]).toContain('metrics.payout');
    expect(lines).toHaveLength(ascending.length + 1);

    await tabs(page).first().click();
    const selected = page.getByRole('tablist', { name: 'View of the result' }).locator('[aria-selected=true]');
    expect(await selected.textContent()).toBe('JSON');
    await tabs(page).last().click();
    expect(await selected.textContent()).toBe('Table');
  });

  test('a chart draws lines by day, and the metric and the groups can be chosen', async () => {
    const { page, requested } = await open();
    const chunk = () => requested.filter((url) => /\/(chart|table|timeline)-[^/]*\.js$/.test(url));
    expect(chunk()).toEqual([]);
    await runExample(page, 'StrategiesByDay');
    await page.locator('.uplot canvas').waitFor();
    expect(chunk()).toEqual([expect.stringContaining('/chart-')]);
    await page.getByRole('combobox', { name: 'Lines by' }).selectOption('strategyId');
    await page.getByRole('img', { name: /^Chart of metrics\.conversions by day and strategyId/ }).waitFor();
    await picture(page, 'chart');
    await page.getByRole('combobox', { name: 'Values' }).selectOption('metrics.conversionsPerClick');
    await page.getByRole('img', { name: /^Chart of metrics\.conversionsPerClick/ }).waitFor();
    await page.getByRole('combobox', { name: 'Lines by' }).selectOption('');
    await page.getByText('Their values cannot be added up').waitFor();
  });

  test('rows without times are drawn as bars, in the order of the answer, and saved as a picture', async () => {
    const { page } = await open();
    await runExample(page, 'BestIterations');
    const bars = page.getByRole('img', { name: /^Bars of metrics\.clickConversionRate\./ });
    await bars.waitFor();
    await page.getByText('The line over a bar is metrics.clickConversionInterval').waitFor();
    const widths = await bars
      .locator('rect')
      .evaluateAll((all) => all.map((each) => Number(each.getAttribute('width'))));
    expect(widths).toHaveLength(20);
    expect(widths).toEqual(widths.toSorted((a, b) => b - a));
    await picture(page, 'bars');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save picture' }).click(),
    ]);
    const bytes = await readFile(await download.path());
    await keepPicture('saved-bars', bytes);
    const { height = 0 } = (await bars.boundingBox()) ?? {};
    const { drawn } = await pixelsOf(page, bytes, ['#0067a3'], { height, scale: 2 });
    expect(Math.min(...drawn)).toBeGreaterThan(10_000);
    await page.getByRole('combobox', { name: 'Values' }).selectOption('metrics.clicks');
    await page.getByRole('combobox', { name: 'Bars by' }).selectOption('iterationId');
    await page.getByRole('img', { name: /^Bars of metrics\.clicks by iterationId\./ }).waitFor();
    await page.getByText('The line over a bar is').waitFor({ state: 'detached' });
  });

  test('a timeline shows numbers where it is pointed at, and a click writes a query', async () => {
    const { page } = await open();
    await runExample(page, 'TimelineOfAStrategy');
    const bars = page.locator('.result-timeline .bar');
    await expect.poll(() => bars.count()).toBeGreaterThan(3);
    const detail = page.locator('.result-detail');
    await bars.nth(1).locator('rect').hover();
    await expect.poll(() => detail.textContent()).toMatch(/^Iteration .+: \d{4}-\d\d-\d\d \d\d:\d\d UTC to /);
    // A day can be narrower than a pixel.
    await page.locator('.result-timeline .days > g').last().hover({ force: true });
    await expect.poll(() => detail.textContent()).toMatch(/^\d{4}-\d\d-\d\d: [\d,]+ conversions/);
    expect(await page.locator('.immature').count()).toBeGreaterThan(0);
    await picture(page, 'timeline');

    await bars.nth(-2).locator('rect').click();
    await expect.poll(() => queryText(page)).toContain('query IterationByDay');
    await execute(page);
    await page.locator('.uplot canvas').waitFor();
    await tabs(page).nth(1).click();
    // The details are those of this answer, not of the tab that was shown before.
    await expect.poll(() => detail.textContent()).toMatch(/^Point at a bar/);
    await page.locator('.result-timeline .days > g').last().dispatchEvent('click');
    await expect.poll(() => queryText(page)).toContain('query ConversionsOfDay');
    await expect.poll(() => variablesText(page)).toMatch(/"day": "\d{4}-\d\d-\d\d",\s*"timeZone": "UTC"/);
    await execute(page);
    await page.getByRole('table').waitFor();
  });

  test.each(['light', 'dark'] as const)('chart and timeline are saved as pictures: %s', async (colorScheme) => {
    const { page } = await open({ colorScheme });
    await runExample(page, 'TimelineOfAStrategy');
    // Bars, columns and the line of rates; and the first line of a chart.
    const marks = colorScheme === 'dark' ? ['#5aa9e0', '#2fb58c', '#ff9d5c'] : ['#0067a3', '#007a5a', '#c24e00'];
    for (const [view, element, name, colors, scale] of [
      ['Timeline', '.result-timeline svg[role=group]', /-timeline\.png$/, marks, 2],
      ['Chart', '.uplot canvas', /^strategy-iterations-daily-chart\.png$/, ['#1f83c4'], 1],
    ] as const) {
      await show(page, view);
      const shown = page.locator(element).first();
      await shown.waitFor();
      const { height = 0 } = (await shown.boundingBox()) ?? {};
      const button = page.getByRole('button', { name: 'Save picture' });
      await button.focus();
      const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
      expect(download.suggestedFilename()).toMatch(name);
      await page.getByRole('status').filter({ hasText: download.suggestedFilename() }).waitFor();
      const bytes = await readFile(await download.path());
      await keepPicture(`saved-${view.toLowerCase()}-${colorScheme}`, bytes);
      const { width, drawn, corner } = await pixelsOf(page, bytes, colors, { height, scale });
      expect(width).toBeGreaterThan(360);
      expect(Math.min(...drawn)).toBeGreaterThan(100);
      expect(corner).toBe(colorScheme === 'dark' ? 'dark' : 'light');
    }
  });

  test('the result has much of the window, and the room of the editors if it is maximized', async () => {
    const { page } = await open();
    const width = async () => (await page.locator('.result-views').boundingBox())?.width ?? 0;
    await runExample(page, 'TimelineOfAStrategy');
    await page.locator('.result-timeline .bar').first().waitFor();
    const before = await width();
    expect(before).toBeGreaterThan(540);
    // The shares are the page's until a handle is dragged: nothing is stored before.
    const share = () => page.evaluate<string | null>("localStorage.getItem('attribution-api:graphiql:editorFlex')");
    expect(await share()).toBeNull();
    const button = page.getByRole('button', { name: 'Maximize the result' });
    await button.press('Enter');
    await expect.poll(width).toBeGreaterThan(before + 400);
    expect(await page.locator('.graphiql-editors').isVisible()).toBe(false);
    await picture(page, 'timeline-maximized');
    await page.reload();
    // Answers are not kept: until there is one, the editors are there to run it.
    await page.locator('.graphiql-query-editor .monaco-editor').first().waitFor();
    await execute(page);
    await expect.poll(width).toBeGreaterThan(before + 400);
    // A new tab is there to write in it.
    await page.getByRole('button', { name: 'New tab' }).click();
    await expect.poll(() => queryText(page)).toBe('');
    await page.locator('.graphiql-query-editor .monaco-editor').first().click();
    await page.keyboard.insertText('{ dataStatus { build } }');
    await expect.poll(() => queryText(page)).toContain('dataStatus');
    // GraphiQL's handle still moves, from where the page put it.
    const handle = await page.locator('#graphiql-session > .graphiql-horizontal-drag-bar').boundingBox();
    if (!handle) throw new Error('no handle');
    await page.mouse.move(handle.x + 6, handle.y + 200);
    await page.mouse.down();
    await page.mouse.move(handle.x - 94, handle.y + 200);
    await page.mouse.up();
    await expect.poll(width).toBeGreaterThan(before + 90);
    await expect.poll(share).not.toBeNull();
  });

  test('the keyboard reaches everything', async () => {
    const { page } = await open();
    await runExample(page, 'TimelineOfAStrategy');
    await page.locator('.result-timeline .bar').first().waitFor();
    await page.getByRole('tab', { name: 'Timeline' }).focus();
    const focused = () =>
      page.evaluate<string>('document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent');
    const detail = async () => (await page.locator('.result-detail').textContent()) ?? '';
    const seen: string[] = [];
    for (let step = 0; step < 40 && seen.at(-1) !== 'Day'; step += 1) {
      await page.keyboard.press('Tab');
      seen.push(await focused());
    }
    expect(seen.slice(0, 3)).toEqual(['CSV', 'NDJSON', 'Maximize the result']);
    expect(seen.filter((name) => name.startsWith('Iteration ')).length).toBeGreaterThan(3);
    await page.keyboard.press('End');
    const last = await detail();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(async () => (await detail()).slice(0, 10) < last.slice(0, 10)).toBe(true);
    // Shortcuts of others do not move.
    const before = await detail();
    await page.keyboard.press('Control+Home');
    expect(await detail()).toBe(before);
    await picture(page, 'timeline-keyboard');
    // Without the focus: the editors are hidden when the day is picked.
    await page.evaluate('document.querySelector(".result-maximize").click()');
    await page.getByRole('button', { name: 'Maximize the result', pressed: true }).waitFor();
    await page.locator('.graphiql-editors').waitFor({ state: 'hidden' });
    expect(await focused()).toBe('Day');
    await page.keyboard.press('Enter');
    await expect.poll(() => queryText(page)).toContain('query ConversionsOfDay');
    // The new tab shows its editor again, which gets the focus.
    await expect
      .poll(() => page.evaluate('document.activeElement.closest(".graphiql-query-editor") !== null'))
      .toBe(true);
    await page.keyboard.press('Control+Enter');
    await page.getByRole('table').waitFor();
    await page.getByRole('tab', { name: 'Table' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('.uplot canvas').waitFor();
    expect(await focused()).toBe('Chart');
  });

  test('thousands of rows scroll smoothly', async () => {
    const { page } = await open();
    const candidates = '{ explanation { iterations { candidates { sinceStart id name createdAt } } } }';
    await typeInNewTab(page, `query Many { conversions(first: 1000) { nodes ${candidates} } }`);
    await show(page, 'Table');
    await execute(page);
    const scroller = page.getByRole('region', { name: 'Table of conversions › explanation › iterations › candidates' });
    await scroller.waitFor();
    const count = Number(await page.getByRole('table').getAttribute('aria-rowcount'));
    expect(count).toBeGreaterThan(5_000);
    // Few enough rows that each can be drawn while the table is scrolled.
    expect(await page.locator('tbody tr').count()).toBeLessThan(150);
    await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.locator(`tr[aria-rowindex="${count}"]`).waitFor();
    expect(await page.locator('tbody tr').count()).toBeLessThan(150);
    await picture(page, 'table-long');
    await page.locator('th').first().getByRole('button').click();
    expect(await page.locator('th').first().getAttribute('aria-sort')).toBe('ascending');
    expect(await page.locator('tbody tr').count()).toBeLessThan(150);
  });

  test('no answer, an empty one, and errors are explained', async () => {
    const { page, errors } = await open();
    await typeInNewTab(page, '{ conversions(filter: { ids: ["no-such-id"] }) { nodes { id } } }');
    for (const view of ['Table', 'Chart', 'Timeline']) {
      await show(page, view);
      await page.getByText('Run the operation to see its result here.').waitFor();
    }
    await show(page, 'Table');
    await execute(page);
    await page.getByText('The list conversions has no rows.').waitFor();
    await show(page, 'Chart');
    await page.getByText('A chart needs a list with a number').waitFor();
    await show(page, 'Timeline');
    await page.getByText('A timeline needs a list of iterations').waitFor();

    await typeInNewTab(page, '{ conversions(first: 100000) { nodes { id } } }');
    await execute(page);
    await show(page, 'Table');
    await page.getByRole('alert').filter({ hasText: 'first' }).waitFor();
    await page.getByText('The result has no rows.').waitFor();
    await picture(page, 'error');
    expect(errors.splice(0)).toEqual([expect.stringContaining('400')]);
  });
});
