import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { picture, runExample, show, withPages } from './page.ts';
import { skipReason } from './service.ts';

/** The serious and critical violations that axe-core finds. The editor itself is Monaco, with its own colors. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(`axe
    .run({ exclude: ['.monaco-editor'] }, { resultTypes: ['violations'] })
    .then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))))`);
}

/** The parts of the page that have to be scrolled sideways, or are wider than the window. */
const tooWide = `['.graphiql-main', '.result-panel']
  .flatMap((part) => [...document.querySelectorAll(part)])
  .filter((each) => each.scrollWidth > each.clientWidth + 1 || each.getBoundingClientRect().right > innerWidth + 1)
  .map((each) => each.className)`;

describe.skipIf(skipReason)('the page', () => {
  // Axe is not a script of the page.
  const { open } = withPages();
  const windows = [
    ['light', { colorScheme: 'light', bypassCSP: true }],
    ['dark', { colorScheme: 'dark', bypassCSP: true }],
    ['narrow', { colorScheme: 'light', bypassCSP: true, viewport: { width: 480, height: 800 } }],
  ] as const;

  test.each(windows)('has no serious accessibility violation: %s', async (name, options) => {
    const { page } = await open(options);
    expect(await faultsOf(page), 'the first page').toEqual([]);
    await picture(page, `first-${name}`);
    await runExample(page, 'TimelineOfAStrategy');
    await page.locator('.result-timeline .bar').first().waitFor();
    const ready = {
      Timeline: '.result-timeline',
      Table: '.result-table',
      Chart: '.uplot canvas',
      JSON: '.result-window',
    };
    for (const [view, element] of Object.entries(ready)) {
      await show(page, view);
      const shown = page.locator(element).first();
      await shown.waitFor();
      await shown.scrollIntoViewIfNeeded();
      expect(await faultsOf(page), view).toEqual([]);
      // Nothing but the row of tabs and the table itself is wider than its place. The page itself never scrolls.
      expect(await page.evaluate(tooWide), view).toEqual([]);
      await picture(page, `${view.toLowerCase()}-${name}`);
    }
  });
});
