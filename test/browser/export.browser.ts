import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { picture, typeInNewTab, withPages } from './page.ts';
import { skipReason } from './service.ts';

/** A slow line, so that an export takes longer than a click. */
async function slowDown(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: 20_000,
    uploadThroughput: 20_000,
  });
}

/** A TCP proxy that can be closed. */
async function openLine(port: number): Promise<{ readonly origin: string; cut(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const service = connect(port, '127.0.0.1');
    for (const each of [socket, service]) {
      sockets.add(each);
      // The other end went away.
      each.on('error', () => each.destroy());
    }
    socket.pipe(service).pipe(socket);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      server.close();
      for (const each of sockets) each.destroy();
    },
  };
}

const list = 'query List { conversions(first: 10) { totalCount nodes { id payout iteration { id } } } }';

describe.skipIf(skipReason)('the export buttons', () => {
  const { open, origin } = withPages();

  /** Number of conversions that the service has. */
  async function countConversions(): Promise<number> {
    const response = await fetch(`${origin()}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ conversions(first: 1) { totalCount } }"}',
    });
    const { data } = (await response.json()) as { data: { conversions: { totalCount: number } } };
    return data.conversions.totalCount;
  }

  test.each(['CSV', 'NDJSON'])('save all pages of a list as %s', async (format) => {
    const { page } = await open();
    await typeInNewTab(page, list);
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: format, exact: true }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(new RegExp(`^conversions.*\\.${format.toLowerCase()}$`));
    const text = await readFile(await download.path(), 'utf8');
    const lines = text.trimEnd().split(/\r?\n/);
    const rows = await countConversions();
    expect(lines.length).toBe(format === 'CSV' ? rows + 1 : rows);
    if (format === 'CSV') expect(lines[0]).toBe('\ufeffid,payout,iteration.id');
    else expect(Object.keys(JSON.parse(lines[0] ?? ''))).toEqual(['id', 'payout', 'iteration']);
    await page.getByText(`Saved ${rows.toLocaleString('en')} rows as ${download.suggestedFilename()}.`).waitFor();
    await picture(page, `export-${format.toLowerCase()}`);
  });

  test('read the variables as GraphiQL does, with comments, and say why they cannot', async () => {
    const { page } = await open();
    await typeInNewTab(
      page,
      'query List($ids: [ID!]) { conversions(filter: { ids: $ids }) { totalCount nodes { id } } }',
    );
    const typeVariables = async (text: string) => {
      await page.locator('.graphiql-editor-tool .monaco-editor').first().click();
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.insertText(text);
    };
    await typeVariables('{ "ids": ["no-such-id"], /* none */ }');
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV', exact: true }).click();
    expect(await readFile(await (await downloading).path(), 'utf8')).toBe('\ufeffid\r\n');
    // Not a list: the editor would close its brackets.
    await typeVariables('7');
    await page.getByRole('button', { name: 'CSV', exact: true }).click();
    await page.getByText('The variables are not a JSON object.').waitFor();
  });

  test('can be cancelled by the keyboard, and then save nothing', async () => {
    const { page } = await open();
    await typeInNewTab(page, list);
    await slowDown(page);
    let downloads = 0;
    page.on('download', () => {
      downloads += 1;
    });
    await page.getByRole('button', { name: 'CSV', exact: true }).press('Enter');
    await expect.poll(() => page.getByRole('progressbar').textContent()).toMatch(/^[1-9][\d,]* (of [\d,]+ )?rows$/);
    await picture(page, 'export-running');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Cancel');
    await page.keyboard.press('Enter');
    await page.getByText('The export was cancelled, and no file was saved.').waitFor();
    await page.getByRole('button', { name: 'CSV', exact: true }).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('CSV');
    expect(downloads).toBe(0);
  });

  test('that are cut off in the middle save nothing, and say so', async () => {
    const line = await openLine(Number(new URL(origin()).port));
    const { page, errors } = await open({ through: line.origin });
    await typeInNewTab(page, list);
    await slowDown(page);
    let downloads = 0;
    page.on('download', () => {
      downloads += 1;
    });
    await page.getByRole('button', { name: 'NDJSON', exact: true }).click();
    await expect.poll(() => page.getByRole('progressbar').textContent()).toMatch(/^[1-9]/);
    line.cut();
    await page.getByText(/The export stopped after [\d,]+ rows, and no file was saved/).waitFor();
    await picture(page, 'export-cut');
    expect(downloads).toBe(0);
    // Those of the connection that was closed, and no others. "Event" is a worker of the editor that could not be loaded any more.
    expect(errors.splice(0).filter((text) => !/net::ERR_|^Event$/.test(text))).toEqual([]);
  });

  test('show why the service refuses an operation', async () => {
    const { page, errors } = await open();
    await typeInNewTab(page, '{ dataStatus { build } }');
    await page.getByRole('button', { name: 'CSV', exact: true }).click();
    await page.locator('.notice').waitFor();
    expect(errors.splice(0)).toEqual([expect.stringContaining('400')]);
  });
});
