import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, type Send } from '../../examples/keep-a-copy/client.ts';
import { Copy } from '../../examples/keep-a-copy/copy.ts';
import { NewestDocument } from '../../examples/keep-a-copy/operations.ts';
import { update } from '../../examples/keep-a-copy/update.ts';
import { openTestService, type TestService } from '../support/service.ts';
import { smallWorld, type TestDatabase } from '../support/warehouses.ts';

const builds = 20;
const pageSize = 40;
const folder = mkdtempSync(join(tmpdir(), 'attribution-copy-'));

let service: TestService & { readonly database: TestDatabase };
let send: Send;
/** What the service returned for each build while it was the newest: its conversions, as text. */
const answers = new Map<string, string>();

beforeAll(async () => {
  service = await openTestService(smallWorld(), dayOf(0));
  send = createClient(`${service.url}/graphql`, null);
  await keepAnswer();
});
afterAll(async () => {
  await service?.close();
  rmSync(folder, { recursive: true, force: true });
});

const dayOf = (number: number) => new Date(Date.UTC(2026, 1, 1 + number)).toISOString();
const fields =
  'id clickId goalReferenceId payout convertedAt clickedAt loadedAt campaignId status method strategyId iterationId';

interface Answer {
  readonly dataStatus: { readonly build: string };
  readonly conversions: { readonly nodes: readonly { readonly id: string }[]; readonly pageInfo: object };
}

/** Reads the newest build completely, without a word of history. */
async function keepAnswer(): Promise<string> {
  const query = `{ dataStatus { build } conversions(first: 1000) { nodes { ${fields} } pageInfo { hasNextPage } } }`;
  const { data } = await service.send<Answer, object>(query, {});
  expect(data.conversions.pageInfo).toEqual({ hasNextPage: false });
  answers.set(data.dataStatus.build, sorted(data.conversions.nodes));
  return data.dataStatus.build;
}

const sorted = (rows: readonly { readonly id: string }[]): string =>
  JSON.stringify(
    rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    null,
    1,
  );

/** Expects a file to be the whole state of the build that it names. Returns the build. */
function expectWholeCopy(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true });
  const build = String(database.prepare('select build from state').get()?.build);
  const rows = database.prepare(`select ${fields.split(' ').join(', ')} from conversions`).all();
  database.close();
  expect(sorted(rows as { id: string }[])).toBe(answers.get(build));
  return build;
}

/** Few values, so that what is changed is often changed back. */
const edits: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom('null', '5001', '5004', '5007'))
    .map(([id, offer]) => `update adsuite_mirror.strategies set tune_offer_id = ${offer} where id = ${id}`),
  fc
    .tuple(fc.integer({ min: 0, max: 143 }), fc.constantFrom('null', '1.5', '2.25'))
    .map(([event, payout]) => `update events.events set payout = ${payout} where event_id = ${eventId(event)}`),
  fc
    .tuple(fc.integer({ min: 0, max: 143 }), fc.integer({ min: 0, max: 9 }))
    .map(([event, click]) => `update events.events set click_id = 'c${click}' where event_id = ${eventId(event)}`),
  fc.integer({ min: 0, max: 143 }).map((event) => `delete from events.events where event_id = ${eventId(event)}`),
  fc.integer({ min: 0, max: 143 }).map(
    (event) => `insert into events.events (event_id, event_type, click_id, "timestamp", loaded_at)
        values ('n${event}', 'goal_complete', 'c${event}', '2026-01-20T00:00:00Z', '2026-01-20T00:00:00Z')`,
  ),
  fc.tuple(fc.constantFrom(100, 400, 401, 900), fc.integer({ min: -1, max: 1 })).map(
    ([id, days]) => `update adsuite_mirror.iterations
        set created_at = timestamptz '2026-01-03T00:00:00Z' + ${days} * interval '1 day' where iteration_id = ${id}`,
  ),
);
const eventId = (event: number) => `'e${String(event).padStart(4, '0')}'`;

let finished = 0;
/** Another build, after changes of the sources. */
async function build(changes: readonly string[], vars: Readonly<Record<string, unknown>> = {}): Promise<string> {
  finished += 1;
  for (const change of changes) await service.database.query(change);
  await service.database.build(dayOf(finished), vars);
  return keepAnswer();
}

/** A client that does something before each request, with the number of the request. */
const before =
  (work: (request: number) => Promise<unknown>, requests = { count: 0 }): Send =>
  async (document, variables) => {
    await work(requests.count++);
    return send(document, variables);
  };

test('a copy equals a full read after builds, also ones that finish between its pages', async () => {
  const path = join(folder, 'random.sqlite');
  const plans = fc.array(
    fc.record({ changes: fc.array(edits, { minLength: 1, maxLength: 6 }), pause: fc.nat({ max: 3 }) }),
    { minLength: builds, maxLength: builds },
  );
  const property = fc.asyncProperty(plans, async (plan) => {
    const copy = new Copy(path);
    const waiting = [...plan];
    let pause = waiting[0]?.pause ?? 0;
    // Before so many requests, and between updates, no build finishes.
    const next = async () => {
      pause -= 1;
      if (pause >= 0) return;
      const each = waiting.shift();
      if (each) await build(each.changes);
      pause = waiting[0]?.pause ?? 0;
    };
    while (waiting.length > 0) {
      await update(copy, before(next), pageSize);
      expectWholeCopy(path);
      await next();
    }
    await update(copy, send, pageSize);
    copy.close();
    expect(expectWholeCopy(path)).toBe((await send(NewestDocument, {})).dataStatus.build);
  });
  await fc.assert(property, { numRuns: 1, endOnFailure: true });
  // Some builds overlapped a read.
  expect(answers.size).toBeGreaterThan(builds);
});

test('a run that fails between two pages changes nothing, and the next one continues from the same build', async () => {
  const path = join(folder, 'restart.sqlite');
  const stopped = (after: number) =>
    before(async (request) => {
      if (request === after) throw new Error('stopped');
    });
  const first = new Copy(path);
  await expect(update(first, stopped(2), pageSize)).rejects.toThrow('stopped');
  expect(first.build).toBeNull();
  await update(first, send, pageSize);
  first.close();
  const old = expectWholeCopy(path);

  const newest = await build(['update events.events set payout = 7 where payout is not null']);
  const second = new Copy(path);
  await expect(update(second, stopped(2), pageSize)).rejects.toThrow('stopped');
  second.close();
  expect(expectWholeCopy(path)).toBe(old);

  const third = new Copy(path);
  const count = Number(/^\d+/.exec(await update(third, send, pageSize))?.[0]);
  third.close();
  expect(count).toBeGreaterThan(2 * pageSize);
  expect(expectWholeCopy(path)).toBe(newest);
});

test('a copy of a build that is no longer kept is read completely', async () => {
  const path = join(folder, 'pruned.sqlite');
  const copy = new Copy(path);
  await update(copy, send);
  for (const payout of [1, 2, 3]) {
    await build([`update events.events set payout = ${payout}`], { history_builds: 2 });
  }
  expect(await update(copy, send)).toMatch(/conversions read, all of build/);
  copy.close();
  expectWholeCopy(path);
});

/** Runs the program as documented. */
async function run(...words: string[]) {
  const main = join(import.meta.dirname, '../../examples/keep-a-copy/main.ts');
  const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await exit, output, errors };
}

test('the program reads everything, then changes, and reports what it can not do', async () => {
  const path = join(folder, 'program.sqlite');
  const url = `${service.url}/graphql`;
  writeFileSync(join(folder, 'key'), 'a key\n');
  expect(await run(url, path, '--key-file', join(folder, 'key'))).toMatchObject({ code: 0, errors: '' });
  expect(await run(url, path)).toMatchObject({ code: 0, output: expect.stringMatching(/^0 conversions changed/) });
  expectWholeCopy(path);
  expect(await run(url)).toMatchObject({ code: 2, errors: expect.stringMatching(/^usage: /) });
  expect(await run(`${service.url}/nothing`, path)).toMatchObject({
    code: 1,
    errors: expect.stringMatching(/^The copy was not updated: /),
  });
});
