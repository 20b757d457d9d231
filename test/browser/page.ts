import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import type { Credentials } from '../../src/auth/authenticate.ts';
import { launchChromium, startService } from './service.ts';

/**
 * Console errors of Chromium while a test keeps the service from responding, by `route.abort('internetdisconnected')`. A service that
 * ended refuses connections, which is another error.
 */
const UNREACHABLE = /ERR_INTERNET_DISCONNECTED/;

/** The page of a service in its own browser context, with everything that must not happen recorded. */
export interface OpenPage {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Addresses of all requests. */
  readonly requested: string[];
  /** Errors in the console, violations of the content security policy, and exceptions. */
  readonly errors: string[];
  /** Closes it, and checks that it requested nothing from another origin and had no errors. */
  close(): Promise<void>;
}

export interface OpenPageOptions extends BrowserContextOptions {
  /** Part of the address after the path: `#query=…`. */
  readonly fragment?: string;
  /** Called with the context before the page is loaded. */
  readonly onContext?: (context: BrowserContext) => void | Promise<void>;
  /** Where the service is reached, if not directly. */
  readonly through?: string;
}

/**
 * For the tests of a `describe`: starts a browser, and with credentials a service of their own. Pages that a test opens are closed
 * and checked after it.
 */
export function withPages(credentials: Credentials | null = null) {
  let service: Awaited<ReturnType<typeof startService>> | null;
  let browser: Browser;
  const opened: OpenPage[] = [];
  beforeAll(async () => {
    browser = await launchChromium();
    service = credentials && (await startService(credentials));
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });
  const origin = () => service?.origin ?? inject('sharedOrigin');
  return {
    origin,
    /** Opens the page and waits until its editor is there. */
    open: async ({ through = origin(), ...options }: OpenPageOptions = {}): Promise<OpenPage> => {
      const page = await openPage(browser, through, options);
      opened.push(page);
      return page;
    },
  };
}

/** The page of a service in its own browser context; `close` makes the checks. */
async function openPage(
  browser: Browser,
  origin: string,
  { fragment = '', onContext, ...options }: Omit<OpenPageOptions, 'through'>,
): Promise<OpenPage> {
  const requested: string[] = [];
  const errors: string[] = [];
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  context.on('request', (request) => requested.push(request.url()));
  context.on('weberror', (error) => errors.push(String(error.error())));
  context.on('console', (message) => {
    if (message.type() === 'error' || /content security policy/i.test(message.text())) errors.push(message.text());
  });
  const close = async () => {
    await context.close();
    const elsewhere = requested.filter((url) => !url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url));
    expect(elsewhere, 'requests to another origin').toEqual([]);
    expect(errors.filter((text) => !UNREACHABLE.test(text))).toEqual([]);
  };
  await onContext?.(context);
  const page = await context.newPage();
  const response = await page.goto(`${origin}/graphiql/${fragment}`);
  // Without a policy, the test would prove nothing about violations.
  expect(response?.headers()['content-security-policy']).toContain("default-src '");
  await queryEditor(page).waitFor();
  return { context, page, requested, errors, close };
}

export const queryEditor = (page: Page): Locator => page.locator('.graphiql-query-editor .monaco-editor').first();

/** The text of an editor, as far as it is visible. */
async function shown(page: Page, selector: string): Promise<string> {
  const text = await page.locator(`${selector} .view-lines`).first().textContent();
  return (text ?? '').replaceAll('\u00a0', ' ');
}

export const queryText = (page: Page): Promise<string> => shown(page, '.graphiql-query-editor');
export const variablesText = (page: Page): Promise<string> => shown(page, '.graphiql-editor-tool');
export const responseText = (page: Page): Promise<string> => shown(page, '.graphiql-response');

/** Opens an example by its panel, with variables that fit the data. */
export async function openExample(page: Page, name: string): Promise<void> {
  const panel = page.getByRole('region', { name: 'Examples' });
  if (!(await panel.isVisible())) await page.getByRole('button', { name: 'Show Examples' }).click();
  const button = panel.getByRole('button').filter({ has: page.getByText(name, { exact: true }) });
  if (!(await button.isVisible())) await panel.getByText('for operators').click();
  await button.click();
  await expect.poll(() => queryText(page)).toMatch(new RegExp(`(query|mutation) ${name}\\b`));
  // A moment later the tab gets its title, and with it its width.
  await page.locator('.graphiql-tab-active').getByText(name, { exact: true }).waitFor();
}

/** Replaces the text of the open tab's query. */
export async function typeInNewTab(page: Page, query: string): Promise<void> {
  await page.getByRole('button', { name: 'New tab' }).click();
  await expect.poll(() => queryText(page)).toBe('');
  await queryEditor(page).click();
  await page.keyboard.insertText(query);
}

export const execute = (page: Page): Promise<void> => page.getByRole('button', { name: /Execute query/ }).click();

/** Shows the result of the open tab in a view. */
export const show = (page: Page, view: string): Promise<void> =>
  page.getByRole('tablist', { name: 'View of the result' }).getByRole('tab', { name: view }).click();

/** The open tabs of GraphiQL. */
export const tabs = (page: Page): Locator => page.locator('.graphiql-tab-button');

/** Opens an example, and runs it. */
export async function runExample(page: Page, name: string): Promise<void> {
  await openExample(page, name);
  await execute(page);
}

/** Saves a picture of the page, if SCREENSHOTS names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Keeps a picture that the page saved, beside those of `picture`. */
export async function keepPicture(name: string, png: Buffer): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await writeFile(join(folder, `${name}.png`), png);
}
