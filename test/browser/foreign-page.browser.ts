import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { startSandbox } from '../../src/embedded/sandbox/index.ts';
import { serve } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';
import { launchChromium, skipReason } from './service.ts';

const foreign = 'evil.test';

// Run in the page: each tries to read or push, and returns what the page could see.
type Attempt = (graphql: string) => Promise<string>;

const read: Attempt = (graphql) =>
  fetch(graphql, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ dataStatus { build } }"}',
  }).then(
    (response) => response.text(),
    (error) => `blocked: ${error}`,
  );

const push: Attempt = (graphql) =>
  fetch(graphql, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: 'mutation { pushMetrics(input: { override: { reason: "foreign" }, waitSeconds: 0 }) { id state } }',
    }),
  }).then(
    (response) => response.text(),
    (error) => `blocked: ${error}`,
  );

/** A "simple" request, which browsers send without a preflight. */
const pushWithoutPreflight: Attempt = (graphql) =>
  fetch(graphql, {
    method: 'POST',
    mode: 'no-cors',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ query: 'mutation { pushMetrics(input: { waitSeconds: 0 }) { id } }' }),
  }).then(
    (response) => `${response.type} ${response.status}`,
    (error) => `blocked: ${error}`,
  );

/** A page whose form posts a body that looks like JSON, without a script. */
const pageWithForm = (graphql: string): string => `<!doctype html>
  <form method="post" action="${graphql}" target="frame" enctype="text/plain">
    <input name='{"query":"mutation { pushMetrics(input: {}) { id } }","x":"' value='"}'>
    <button>Send</button>
  </form>
  <iframe name="frame"></iframe>`;

async function pushByForm(page: Page): Promise<void> {
  const navigated = page.waitForEvent('framenavigated', (frame) => frame.name() === 'frame');
  await page.getByRole('button', { name: 'Send' }).click();
  await navigated;
}

/** The server of the foreign site, on loopback. */
async function openSite(graphql: string): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end(pageWithForm(graphql)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe.skipIf(skipReason)('a foreign web page', () => {
  let browser: Browser;
  let database: TestDatabase;
  let sandbox: Awaited<ReturnType<typeof startSandbox>>;
  let page: Page;
  let closing: (() => Promise<void>)[];
  beforeAll(async () => {
    browser = await launchChromium([foreign]);
    database = await openTestDatabase(smallWorld(2), smallWorldAsOf);
    sandbox = await startSandbox({ port: 0, token: 'token', folder: null, now: () => new Date() });
  });
  afterAll(async () => {
    await browser?.close();
    await sandbox?.close();
    await database?.close();
  });
  beforeEach(async () => {
    closing = [];
    page = await (await browser.newContext()).newPage();
  });
  afterEach(async () => {
    await page.context().close();
    for (const close of closing) await close();
  });

  async function startOn(port: number) {
    const { http } = loadConfig({ PORT: String(port) });
    const service = await serve(database.target, { http }, {}, { adsuite: { url: sandbox.url, token: 'token' } });
    closing.push(service.close);
    return service.url;
  }

  async function siteFor(graphql: string): Promise<number> {
    const site = await openSite(graphql);
    closing.push(site.close);
    return site.port;
  }

  /** Number of push runs in the service. */
  async function countPushes(origin: string): Promise<number> {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ pushRuns { totalCount } }"}',
    });
    return ((await response.json()) as { data: { pushRuns: { totalCount: number } } }).data.pushRuns.totalCount;
  }

  test('cannot read or push by DNS rebinding', async () => {
    // First the foreign site responds, then the service, under the same name and port, and so the same origin.
    const site = await openSite('/graphql');
    const origin = `http://${foreign}:${site.port}`;
    await page.goto(`${origin}/`);
    await site.close();
    const service = await startOn(site.port);

    for (const attempt of [read, push]) {
      const seen = await page.evaluate(attempt, '/graphql');
      expect(seen).toContain('HOST_NOT_ALLOWED');
      expect(seen).not.toContain('"data"');
    }
    expect(await page.evaluate(() => fetch('/graphiql/').then((response) => response.status))).toBe(403);
    expect(await page.evaluate(pushWithoutPreflight, '/graphql')).toBe('basic 403');
    await pushByForm(page);
    expect((await page.goto(`${origin}/graphiql/`))?.status()).toBe(403);
    expect(await countPushes(service)).toBe(0);
  });

  test.each([
    ['another site', foreign, '127.0.0.1'],
    ['another site, using localhost', foreign, 'localhost'],
    ['another port of this machine', '127.0.0.1', '127.0.0.1'],
  ])('on %s cannot read or push', async (_name, from, to) => {
    const service = await startOn(0);
    const graphql = `http://${to}:${new URL(service).port}/graphql`;
    await page.goto(`http://${from}:${await siteFor(graphql)}/`);
    for (const attempt of [read, push, pushWithoutPreflight]) {
      expect(await page.evaluate(attempt, graphql)).toMatch(/^(blocked: .*|opaque 0)$/);
    }
    await pushByForm(page);
    expect(await countPushes(service)).toBe(0);
  });

  test('does not restrict the own page of the service', async () => {
    const service = await startOn(0);
    await page.goto(`${service}/graphiql/`);
    expect(await page.evaluate(read, '/graphql')).toContain('"data":{"dataStatus"');
    expect(await page.evaluate(push, '/graphql')).toContain('"pushMetrics":{"id"');
    expect(await countPushes(service)).toBe(1);
  });
});
