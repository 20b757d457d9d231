import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stopOrphan } from '../../local/postgres/persistent.ts';
import { withLogEnd } from '../../scripts/stack/airflow.ts';
import { makeAirflowHome } from '../../scripts/stack/airflow-environment.ts';
import { Closing, Interrupted } from '../../scripts/stack/closing.ts';
import { ensurePasswords, readPasswords } from '../../scripts/stack/logins.ts';
import { Checks } from '../../scripts/stack/move/checks.ts';
import { expectedOutcome, Totals } from '../../scripts/stack/move/expected.ts';
import { findStack, writeRunning } from '../../scripts/stack/running.ts';
import { readSettings } from '../../scripts/stack/settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'attribution-stack-parts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('settings: empty variables count as unset', () => {
  const settings = readSettings({ DATA_DIR: folder, PORT: ' ', WAREHOUSE_CSV: '' }, { airflow: false });
  expect(settings).toEqual({
    folder: join(folder, 'stack'),
    adsuitePort: 5441,
    warehousePort: 5442,
    servicePort: 4000,
    airflowPort: null,
    csvFolder: null,
  });
});

test("settings: Airflow's port counts only with Airflow, and is checked with the others", () => {
  const read = (airflow: boolean, env: Record<string, string>) =>
    readSettings({ DATA_DIR: folder, ...env }, { airflow });
  expect(read(true, {}).airflowPort).toBe(8080);
  expect(read(false, { STACK_AIRFLOW_PORT: 'x', PORT: '8080' }).servicePort).toBe(8080);
  expect(() => read(true, { STACK_AIRFLOW_PORT: 'x', PORT: 'y' })).toThrow(/PORT is "y".*\nSTACK_AIRFLOW_PORT is "x"/);
  expect(() => read(true, { PORT: '8080' })).toThrow(/must differ: .*, PORT is 8080, STACK_AIRFLOW_PORT is 8080$/);
});

test("Airflow's home is entered by its owner only, also one that had other rights", () => {
  for (const [name, mode] of Object.entries({ new: null, old: 0o755 })) {
    const home = join(folder, 'airflow', name);
    if (mode !== null) mkdirSync(home, { recursive: true });
    if (mode !== null) chmodSync(home, mode);
    makeAirflowHome(home);
    expect(statSync(home).mode & 0o777).toBe(0o700);
  }
});

test('a failure quotes the last 20 lines of its log', () => {
  const file = join(folder, 'airflow.log');
  expect(withLogEnd('It ended', file)).toBe(`It ended. The end of ${file}:`);
  writeFileSync(file, Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join(''));
  const [first, ...lines] = withLogEnd('It ended', file).split('\n');
  expect([first, lines.length, lines[0], lines.at(-1)]).toEqual([
    `It ended. The end of ${file}:`,
    20,
    '  line 10',
    '  line 29',
  ]);
});

test.each(['stack-pipeline', 'stack-move'])('%s refuses a stack that runs with Airflow', (script) => {
  const stack = join(folder, 'stack');
  mkdirSync(stack);
  ensurePasswords(stack);
  const running = { adsuitePort: 1, warehousePort: 2, runner: 'dbt', servicePid: null, origin: 'http://x' } as const;
  writeRunning(stack, { ...running, airflowPort: 8123 });
  expect(findStack(stack).origin).toBe('http://x');
  const program = join(import.meta.dirname, `../../scripts/${script}.ts`);
  const env = { PATH: process.env.PATH, DATA_DIR: folder };
  const { status, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8', env });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^This stack runs with Airflow, .*http:\/\/127\.0\.0\.1:8123.* without --airflow\.\n$/);
});

test('passwords are generated once, and only the owner can read the file', () => {
  expect(() => readPasswords(folder)).toThrow('npm run stack');
  const first = ensurePasswords(folder);
  const password = first.of('warehouse', 'attribution_dbt');
  expect(password).not.toBe(first.of('warehouse', 'attribution_service'));
  expect(readPasswords(folder).of('warehouse', 'attribution_dbt')).toBe(password);
  expect(statSync(first.file).mode & 0o777).toBe(0o600);
  // A login that a newer version adds gets a new password; the others keep theirs.
  const lines = readFileSync(first.file, 'utf8').split('\n');
  writeFileSync(first.file, lines.filter((line) => !line.includes('attribution_service')).join('\n'));
  expect(ensurePasswords(folder).of('warehouse', 'attribution_dbt')).toBe(password);
  expect(readPasswords(folder).of('warehouse', 'attribution_service')).toMatch(/^[\w-]{32}$/);
});

test('a process id of a server that another process has by now is replaced, and that process is not stopped', async () => {
  mkdirSync(join(folder, 'data'));
  const file = join(folder, 'data', 'postmaster.pid');
  writeFileSync(file, `${process.pid}\n/somewhere\n1780000000\n5441\n\n127.0.0.1\n  12345 67\nready\n`);
  await stopOrphan(join(folder, 'data'), (line) => expect.fail(line));
  expect(readFileSync(file, 'utf8')).toBe('2147483646\n/somewhere\n1780000000\n5441\n\n127.0.0.1\n  12345 67\nready\n');
  await stopOrphan(join(folder, 'data'), (line) => expect.fail(line));
});

test('closing: in reverse order, and a part opened after closing has begun is closed immediately', async () => {
  const closed: string[] = [];
  const closing = new Closing((error) => expect.fail(String(error)));
  for (const name of ['adsuite', 'warehouse']) await closing.opened(async () => void closed.push(name));
  await closing.close();
  const late = closing.opened(async () => void closed.push('service'));
  await expect(late).rejects.toThrow(Interrupted);
  expect(closed).toEqual(['warehouse', 'adsuite', 'service']);
});

describe('expectedOutcome', () => {
  const at = (second: string) => `2026-01-01T00:00:${second}Z`;
  const iterations = [
    { id: '10', createdAt: at('20.000000') },
    { id: '9', createdAt: at('10.000000') },
    // Of two that begin together, the lower id has an empty window.
    { id: '2', createdAt: at('20.000000') },
  ];
  test.each([
    ['09.999999', 'BEFORE_FIRST_ITERATION', null],
    ['10.000000', 'ATTRIBUTED', '9'],
    ['19.999999', 'ATTRIBUTED', '9'],
    ['20.000000', 'ATTRIBUTED', '10'],
    ['29.999999', 'ATTRIBUTED', '10'],
    ['30.000000', 'CLICK_AFTER_BUILD', null],
  ])('a click at second %s is %s', (second, status, iterationId) => {
    expect(expectedOutcome(at(second), iterations, at('30.000000'))).toEqual({ status, iterationId });
  });

  test('the build does not limit a window that has ended', () => {
    expect(expectedOutcome(at('15.000000'), iterations, at('12.000000')).iterationId).toBe('9');
  });

  test('without iterations', () => {
    expect(expectedOutcome(at('15.000000'), [], at('30.000000')).status).toBe('NO_ITERATIONS');
  });
});

test('totals are exact, and differences are listed', () => {
  const before = new Totals();
  before.set('1', 2, '0.3000');
  before.set(null, 1, '9007199254740993.0001');
  const after = before.copy().add('1', 1, '-0.1').add(null, -1, '9007199254740993.0001').add('2', 1, null);
  expect(after.describe('1')).toBe('3 conversions, payout 0.2000');
  expect(after.differences(before)).toEqual([
    'iteration 1: 3 conversions, payout 0.2000, not 2 conversions, payout 0.3000',
    'iteration none: 0 conversions, payout 0.0000, not 1 conversions, payout 9007199254740993.0001',
    'iteration 2: 1 conversions, payout 0.0000, not 0 conversions, payout 0.0000',
  ]);
  expect(before.copy().differences(before)).toEqual([]);
});

test('checks: one failure fails all, and no checks at all is a failure', () => {
  const lines: string[] = [];
  const checks = new Checks((line) => lines.push(line));
  expect(checks.finish()).toBe(false);
  checks.equal('maps are compared by content', new Map([['a', { b: 1 }]]), new Map([['a', { b: 1 }]]));
  expect(checks.finish()).toBe(true);
  checks.equal('one is two', 1, 2);
  expect(checks.finish()).toBe(false);
  expect(lines).toContain('   WRONG one is two');
  expect(lines).toContain('         answered 1, expected 2');
});
