import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddedStoreError, InvalidCsvError } from '../../src/embedded/index.ts';
import { dbtFolder, open, openFor, startChild, temporaryFolder, writeFiles } from './support.ts';

const root = temporaryFolder();
const csvFolder = writeFiles(join(root, 'csv'));
/** Loaded and attributed once; each test uses a copy, which saves creating a database. */
const template = join(root, 'template');
let copies = 0;

function copyOfTemplate(): string {
  const copy = join(root, `data-${copies++}`);
  cpSync(template, copy, { recursive: true });
  return copy;
}

const attributed = `select event_id, iteration_id::int from attribution.goal_complete_events_attributed order by 1`;
const right = [
  { event_id: 'e1', iteration_id: 11 },
  { event_id: 'e2', iteration_id: 12 },
];

let firstLines: string[] = [];

beforeAll(async () => {
  firstLines = await openFor(template, { csvFolder, dbtFolder }, (warehouse) => warehouse.lines);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('loading', () => {
  test('reports its progress, and attributes', async () => {
    expect(firstLines).toContain(`Loading ${csvFolder}`);
    expect(firstLines.some((line) => /^ {2}clicks\.csv: 2 rows/.test(line))).toBe(true);
    expect(firstLines.some((line) => /goal_complete_events_attributed, 2 rows/.test(line))).toBe(true);
    await openFor(copyOfTemplate(), { csvFolder, dbtFolder }, async ({ query, lines }) => {
      expect(lines).toEqual([`Data is up to date: ${csvFolder}`]);
      expect(await query(attributed)).toEqual(right);
      expect(await query('select view_name from adsuite_mirror.refreshes order by 1')).toEqual([
        { view_name: 'iterations' },
        { view_name: 'strategies' },
      ]);
      // The files have no loaded_at, so it is the instant of the load.
      expect(await query(`select distinct loaded_at::text as at from adgem.clicks`)).toEqual([
        { at: '2026-07-01 00:00:00+00' },
      ]);
    });
  });

  test('a changed file is loaded again; another folder with the same content is not', async () => {
    const dataDir = copyOfTemplate();
    const same = writeFiles(join(root, 'same'));
    await openFor(dataDir, { csvFolder: same, dbtFolder }, ({ lines }) => {
      expect(lines).toEqual([`Data is up to date: ${same}`]);
    });
    const changed = writeFiles(join(root, 'changed'), {
      'iterations.csv': 'iteration_id,strategy_id,created_at\n21,1,2026-01-01T00:00:00Z\n',
    });
    await openFor(dataDir, { csvFolder: changed, dbtFolder }, async ({ lines, query }) => {
      expect(lines).toContain(`Loading ${changed}`);
      expect((await query(attributed)).map((row) => row.iteration_id)).toEqual([21, 21]);
      const builds = await query('select build_number::int as n from attribution.attribution_builds order by 1');
      expect(builds).toEqual([{ n: 1 }, { n: 2 }]);
    });
  });

  test('files with faults leave the loaded data unchanged', async () => {
    const dataDir = copyOfTemplate();
    const faulty = writeFiles(join(root, 'faulty'), {
      'strategies.csv': 'id,tune_offer_id,created_at\n9,10,2026-01-01T00:00:00Z\n',
      'events.csv': 'event_id,event_type,click_id,goal_reference_id,timestamp\ne9,goal_complete,a,7,2026-13-01\n',
    });
    await expect(open(dataDir, { csvFolder: faulty })).rejects.toThrow(
      'events.csv line 2, column "timestamp": "2026-13-01" is not a timestamp',
    );
    await openFor(dataDir, { csvFolder, dbtFolder }, async ({ lines, query }) => {
      expect(lines).toEqual([`Data is up to date: ${csvFolder}`]);
      expect(await query(attributed)).toEqual(right);
    });
  });

  test('the faults of all files are named together, with missing ones', async () => {
    const folder = writeFiles(join(root, 'missing'), {
      'strategies.csv': 'id,tune_offer_id,created_at\n1,x,2026-01-01T00:00:00Z\n',
      'clicks.csv': null,
      'events.csv': `event_id,event_type,click_id,goal_reference_id,timestamp\n${'e,goal_complete,c,g,bad\n'.repeat(30)}`,
      'iterations.csv': 'iteration_id,strategy_id,created_at\n11,one,2026-01-01T00:00:00Z\n',
    });
    for (const dataDir of [copyOfTemplate(), join(root, 'new-with-faults')]) {
      const fault = await open(dataDir, { csvFolder: folder }).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(InvalidCsvError);
      const { faults, message } = fault as InvalidCsvError;
      const files = ['strategies.csv', 'iterations.csv', 'clicks.csv', ...Array(20).fill('events.csv')];
      expect(faults.map((each) => each.file)).toEqual(files);
      expect(message).toContain('clicks.csv: the file is missing');
      expect(message).toContain('(reading events.csv stopped after 20 faults; there may be more)');
    }
  });

  test('a folder that is missing or unreadable is refused, with what to do', async ({ skip }) => {
    await expect(open(copyOfTemplate(), { csvFolder: join(root, 'nowhere') })).rejects.toThrow(
      'the folder does not exist',
    );
    skip(process.getuid?.() === 0, 'root may read every folder');
    const folder = writeFiles(join(root, 'unreadable'));
    chmodSync(folder, 0o000);
    await expect(open(copyOfTemplate(), { csvFolder: folder })).rejects.toThrow('this user may not read the folder');
    chmodSync(folder, 0o700);
  });
});

describe('an iteration that differs from the loaded one', () => {
  const errors = `select check_name || ' ' || subject_id as error from attribution.data_quality_findings
    join attribution.attribution_builds using (build_id)
    where severity = 'ERROR' and found > 0 and build_number = (select max(build_number) from attribution.attribution_builds)
    order by 1`;
  const files = (second: string) => ({
    'iterations.csv': `iteration_id,strategy_id,created_at\n11,1,2026-01-01T00:00:00Z\n${second}\n`,
  });
  const sealed = files('12,1,2026-01-02T00:00:00Z');
  const edited = files('12,1,2026-01-02T00:00:00.000001Z');
  const found = (dataDir: string, folder: string) =>
    openFor(dataDir, { csvFolder: folder, dbtFolder }, async ({ lines, query }) => ({
      errors: (await query(errors)).map(({ error }) => error),
      notices: lines.filter((line) => line.startsWith('  Notice: ') && line.includes('dataQuality')),
    }));
  const nothing = { errors: [], notices: [] };

  test('in the same folder is an edit until it is reverted; a missing one is reported as deleted', async () => {
    const dataDir = copyOfTemplate();
    const folder = writeFiles(join(root, 'edited'), sealed);
    expect(await found(dataDir, folder)).toEqual(nothing);
    writeFiles(folder, edited);
    const detail = '2026-01-02T00:00:00.000000Z -> 2026-01-02T00:00:00.000001Z';
    expect(await found(dataDir, folder)).toEqual({
      errors: ['CREATED_AT_EDITED 12'],
      notices: [
        `  Notice: CREATED_AT_EDITED: 12 (${detail}). Pushes are refused. Query dataQuality in GraphiQL for details.`,
      ],
    });
    writeFiles(folder, files('13,1,2026-01-02T00:00:00Z'));
    expect((await found(dataDir, folder)).errors).toEqual(['ITERATION_GONE 12']);
    writeFiles(folder, sealed);
    // Now 13 is missing.
    expect((await found(dataDir, folder)).errors).toEqual(['ITERATION_GONE 13']);
  });

  test('in another folder is other data, unless that folder started as a copy', async () => {
    const dataDir = copyOfTemplate();
    expect(await found(dataDir, writeFiles(join(root, 'first'), sealed))).toEqual(nothing);
    expect(await found(dataDir, writeFiles(join(root, 'second'), edited))).toEqual(nothing);
    const copy = writeFiles(join(root, 'third'), edited);
    expect(await found(dataDir, copy)).toEqual(nothing);
    writeFiles(copy, sealed);
    expect((await found(dataDir, copy)).errors).toEqual(['CREATED_AT_EDITED 12']);
  });

  const editedError = { errors: ['CREATED_AT_EDITED 12'] };

  test('is found although other data were loaded in between, in both places', async () => {
    const dataDir = copyOfTemplate();
    const one = writeFiles(join(root, 'one'), sealed);
    const other = writeFiles(join(root, 'other'), files('12,1,2026-01-05T00:00:00Z\n14,1,2026-01-06T00:00:00Z'));
    expect(await found(dataDir, one)).toEqual(nothing);
    expect(await found(dataDir, other)).toEqual(nothing);
    writeFiles(one, edited);
    expect(await found(dataDir, one)).toMatchObject(editedError);
    writeFiles(other, files('12,1,2026-01-05T00:00:00Z'));
    expect((await found(dataDir, other)).errors).toEqual(['ITERATION_GONE 14']);
    writeFiles(one, sealed);
    expect(await found(dataDir, one)).toEqual(nothing);
  });

  test('is found in a folder and in its copy, whichever was loaded last', async () => {
    const dataDir = copyOfTemplate();
    const original = writeFiles(join(root, 'original'), sealed);
    const copy = writeFiles(join(root, 'its-copy'), sealed);
    expect(await found(dataDir, original)).toEqual(nothing);
    expect(await found(dataDir, copy)).toEqual(nothing);
    writeFiles(original, edited);
    expect(await found(dataDir, original)).toMatchObject(editedError);
    // The content equals the loaded data, but the copy has a record of its own, which has the first value too.
    writeFiles(copy, edited);
    await openFor(dataDir, { csvFolder: copy, dbtFolder }, async ({ lines, query }) => {
      expect(lines).toContain(`Data is up to date: ${copy}`);
      expect(lines).toContain('Data from another source: continuing its own build records');
      expect((await query(errors)).map(({ error }) => error)).toEqual(['CREATED_AT_EDITED 12']);
    });
  });

  test.each(['campaigns.csv', '1/', '12/'])(
    'is found after a start with other data was killed at %s',
    async (dieAt) => {
      const dataDir = copyOfTemplate();
      const folder = writeFiles(join(root, 'before-kill'), sealed);
      expect(await found(dataDir, folder)).toEqual(nothing);
      const other = writeFiles(join(root, 'killed-other'), files('12,1,2026-01-07T00:00:00Z'));
      const ended = await startChild({ dataDir, dbtFolder, csvFolder: other, dieAt }).ended;
      expect(ended.signal).toBe('SIGKILL');
      writeFiles(folder, edited);
      expect(await found(dataDir, folder)).toMatchObject(editedError);
      expect(await found(dataDir, other)).toEqual(nothing);
    },
  );

  test('is found in a data folder of a version that kept one record only', async () => {
    const dataDir = copyOfTemplate();
    const folder = writeFiles(join(root, 'one-record'), sealed);
    await openFor(dataDir, { csvFolder: folder, dbtFolder }, ({ query }) =>
      query(
        'begin read write; drop table embedded.iterations_first_seen_elsewhere, embedded.conversions_last_attributed_elsewhere; commit',
      ),
    );
    expect(
      await found(dataDir, writeFiles(join(root, 'one-record-other'), files('19,1,2026-01-03T00:00:00Z'))),
    ).toEqual(nothing);
    writeFiles(folder, edited);
    expect(await found(dataDir, folder)).toMatchObject(editedError);
  });

  test('is found although the record was dropped while other data were loaded', async () => {
    const dataDir = copyOfTemplate();
    const folder = writeFiles(join(root, 'before-drop'), sealed);
    expect(await found(dataDir, folder)).toEqual(nothing);
    const other = writeFiles(join(root, 'dropped'), files('12,1,2026-01-07T00:00:00Z'));
    await openFor(dataDir, { csvFolder: other, dbtFolder }, ({ query }) =>
      query('begin read write; drop table attribution.iterations_first_seen cascade; commit'),
    );
    writeFiles(folder, edited);
    expect(await found(dataDir, folder)).toMatchObject(editedError);
  });

  test('in files with faults leaves the history unchanged', async () => {
    const dataDir = copyOfTemplate();
    const folder = writeFiles(join(root, 'kept'), sealed);
    expect(await found(dataDir, folder)).toEqual(nothing);
    const other = writeFiles(join(root, 'faulty-other'), files('12,1,yesterday'));
    await expect(open(dataDir, { csvFolder: other, dbtFolder })).rejects.toThrow('yesterday');
    writeFiles(folder, edited);
    expect((await found(dataDir, folder)).errors).toEqual(['CREATED_AT_EDITED 12']);
  });
});

test('a database of a version that did not record the origin is migrated', async () => {
  const dataDir = copyOfTemplate();
  await openFor(dataDir, { csvFolder, dbtFolder }, ({ query }) =>
    query('begin read write; alter table embedded.state drop column history; commit'),
  );
  await openFor(dataDir, { csvFolder, dbtFolder }, async ({ lines, query }) => {
    expect(lines).toEqual([`Data is up to date: ${csvFolder}`]);
    expect(await query('select history from embedded.state')).toEqual([{ history: `csv:${realpathSync(csvFolder)}` }]);
  });
});

describe('attribution runs again', () => {
  const future = writeFiles(join(root, 'future'), {
    'clicks.csv': 'click_id,campaign_id,timestamp\na,100,2026-01-01T12:00:00Z\nb,100,2026-08-01T00:00:00Z\n',
  });
  const statuses = 'select attribution_status as s from attribution.goal_complete_events_attributed order by event_id';

  test('when a click is no longer in the future', async () => {
    const dataDir = copyOfTemplate();
    await openFor(dataDir, { csvFolder: future, dbtFolder }, async ({ query }) => {
      expect(await query(statuses)).toEqual([{ s: 'ATTRIBUTED' }, { s: 'CLICK_AFTER_BUILD' }]);
    });
    await openFor(dataDir, { csvFolder: future, dbtFolder }, ({ lines }) => expect(lines).toHaveLength(1));
    const later = { csvFolder: future, dbtFolder, now: () => new Date('2026-08-01T00:00:01Z') };
    await openFor(dataDir, later, async ({ query, lines }) => {
      expect(lines[1]).toContain('were in the future');
      expect(await query(statuses)).toEqual([{ s: 'ATTRIBUTED' }, { s: 'ATTRIBUTED' }]);
    });
    await openFor(dataDir, later, ({ lines }) => expect(lines).toHaveLength(1));
  });

  test('when the models have changed', async () => {
    const dataDir = copyOfTemplate();
    const project = join(root, 'dbt');
    cpSync(dbtFolder, project, { recursive: true });
    await openFor(dataDir, { csvFolder, dbtFolder: project }, ({ lines }) => expect(lines).toHaveLength(1));
    const model = join(project, 'models/marts/strategies.sql');
    writeFileSync(model, `${readFileSync(model, 'utf8')}\n-- changed\n`);
    await openFor(dataDir, { csvFolder, dbtFolder: project }, ({ lines }) => {
      expect(lines[1]).toContain('the models have changed');
    });
    writeFileSync(model, 'select nonsense from nowhere');
    await expect(open(dataDir, { csvFolder, dbtFolder: project })).rejects.toThrow(/strategies\.sql/);
  });
});

describe('killed', () => {
  test('while loading: the data loaded before is unchanged', async () => {
    const dataDir = copyOfTemplate();
    const ended = await startChild({ dataDir, dbtFolder, dieAt: 'campaigns.csv' }).ended;
    expect(ended.signal).toBe('SIGKILL');
    await openFor(dataDir, { csvFolder, dbtFolder }, async ({ lines, query }) => {
      expect(lines).toEqual([`Data is up to date: ${csvFolder}`]);
      expect(await query(attributed)).toEqual(right);
    });
  });

  test.each(['1/', '8/', '13/'])('while attributing, at model %s: attributed again', async (dieAt) => {
    const dataDir = copyOfTemplate();
    const changed = writeFiles(join(root, 'killed'), { 'campaigns.csv': 'id,adaction_id\n100,10\n101,\n' });
    expect((await startChild({ dataDir, dbtFolder, csvFolder: changed, dieAt }).ended).signal).toBe('SIGKILL');
    await openFor(dataDir, { csvFolder: changed, dbtFolder }, async ({ lines, query }) => {
      expect(lines[0]).toContain('Data is up to date');
      expect(lines[1]).toContain('did not finish');
      expect(await query(attributed)).toEqual(right);
    });
  });

  test('while creating the database: created again', async () => {
    const dataDir = join(root, 'half');
    const child = startChild({ dataDir, csvFolder });
    await child.until('Creating');
    child.kill();
    await child.ended;
    expect(existsSync(join(dataDir, 'warehouse/initializing'))).toBe(true);
    // Whatever the kill left, a start that finds an incomplete database creates it again.
    mkdirSync(join(dataDir, 'warehouse/postgres/base'), { recursive: true });
    await openFor(dataDir, { csvFolder }, async ({ query }) => {
      expect(await query('select count(*)::int as n from adgem.clicks')).toEqual([{ n: 2 }]);
    });
    expect(existsSync(join(dataDir, 'warehouse/initializing'))).toBe(false);
  });
});

test('a failure after opening is reported once, fails pending queries, and leaves closing and another start possible', async () => {
  const dataDir = copyOfTemplate();
  const failures: EmbeddedStoreError[] = [];
  let tell: () => void = () => undefined;
  const failed = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const onFailure = (error: EmbeddedStoreError) => {
    failures.push(error);
    tell();
  };
  const { connection, query, close } = await open(dataDir, { csvFolder, dbtFolder, onFailure });
  const holder = new pg.Client(connection);
  holder.on('error', () => undefined);
  await holder.connect();
  await holder.query('begin');
  const control = join(dataDir, 'warehouse/postgres/global/pg_control');
  const kept = readFileSync(control);
  // PostgreSQL fails (PANIC) if it can't write this file.
  rmSync(control);
  const asked = await Promise.allSettled([query('select 1'), query('select 2'), holder.query('checkpoint')]);
  expect(asked.map((each) => each.status)).toEqual(['rejected', 'rejected', 'rejected']);
  await failed;
  await expect(query('select 1')).rejects.toThrow();
  await Promise.all([close(), close()]);
  expect(failures.map(String)).toEqual([expect.stringContaining('The embedded warehouse has stopped')]);
  expect(failures[0]).toBeInstanceOf(EmbeddedStoreError);
  writeFileSync(control, kept);
  await openFor(dataDir, { csvFolder, dbtFolder }, async (again) =>
    expect(await again.query(attributed)).toEqual(right),
  );
});

describe('the data folder', () => {
  test('in which the owner file cannot be written is refused, and not left locked', async () => {
    const dataDir = copyOfTemplate();
    const obstacle = join(dataDir, 'warehouse/owner.json.new');
    mkdirSync(obstacle);
    await expect(open(dataDir, { csvFolder })).rejects.toThrow(/can't be locked \(EISDIR/);
    await expect(open(dataDir, { csvFolder })).rejects.toThrow(EmbeddedStoreError);
    rmSync(obstacle, { recursive: true });
    await openFor(dataDir, { csvFolder, dbtFolder }, ({ lines }) => expect(lines).toHaveLength(1));
  });

  test('belongs to one process until that ends, for any reason', async () => {
    const dataDir = copyOfTemplate();
    const first = startChild({ dataDir, csvFolder });
    await first.until('open');
    const second = await startChild({ dataDir, csvFolder }).ended;
    expect(second.code).toBe(1);
    expect(second.output).toContain(`in use by process ${first.pid} (since 2026-07-01T00:00:00.000Z)`);
    first.kill();
    await first.ended;
    const third = startChild({ dataDir, csvFolder });
    await third.until('open');
    third.finish();
    expect((await third.ended).code).toBe(0);
  });

  test('serves on a shorter path if its own is too long', async () => {
    const dataDir = join(root, 'x'.repeat(120));
    cpSync(template, dataDir, { recursive: true });
    const { connection, query, close } = await open(dataDir, { csvFolder });
    expect(connection.host.startsWith(dataDir)).toBe(false);
    expect(statSync(connection.host).mode & 0o777).toBe(0o700);
    expect(await query('select 1 as one')).toEqual([{ one: 1 }]);
    await Promise.all([close(), close()]);
    expect(existsSync(connection.host)).toBe(false);
  });

  const damages: readonly [string, (postgres: string) => void, RegExp][] = [
    ['a file', replaceByFile, /is a file/],
    ['an older version', (path) => writeFileSync(join(path, 'PG_VERSION'), '16\n'), /PostgreSQL 16/],
    ['no PG_VERSION', (path) => rmSync(join(path, 'PG_VERSION')), /PG_VERSION is missing/],
    ['no pg_control', (path) => rmSync(join(path, 'global/pg_control')), /pg_control is missing/],
    ['half a pg_control', (path) => truncateSync(join(path, 'global/pg_control'), 100), /pg_control is truncated/],
    ['a garbled pg_control', (path) => writeFileSync(join(path, 'global/pg_control'), Buffer.alloc(8192, 7)), /opened/],
    ['no pg_xact', (path) => rmSync(join(path, 'pg_xact'), { recursive: true }), /opened/],
    ['no tables', (path) => rmSync(join(path, 'base'), { recursive: true }), /opened/],
  ];
  function replaceByFile(path: string): void {
    rmSync(path, { recursive: true });
    writeFileSync(path, 'x');
  }

  test.each(damages)('with %s is refused, and left unchanged', async (_, damage, message) => {
    const dataDir = copyOfTemplate();
    const postgres = join(dataDir, 'warehouse/postgres');
    damage(postgres);
    const error = await open(dataDir, { csvFolder }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(EmbeddedStoreError);
    expect(String(error)).toMatch(message);
    expect(String(error)).toMatch(
      /move it away together with the folders ledger and sandbox, or set DATA_DIR to another folder/,
    );
    expect(existsSync(postgres)).toBe(true);
  });

  test('that is a file, or contains other files, is refused', async () => {
    const file = join(root, 'file');
    writeFileSync(file, 'x');
    await expect(open(file, { csvFolder })).rejects.toThrow('is a file');
    await expect(open(join(file, 'below'), { csvFolder })).rejects.toThrow('is a file');
    await expect(open(csvFolder, { csvFolder })).rejects.toThrow('contains files that do not belong');
    expect(existsSync(join(csvFolder, 'warehouse'))).toBe(false);
  });
});
