import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Closing, Interrupted } from '../../scripts/stack/closing.ts';
import { Checks } from '../../scripts/stack/move/checks.ts';
import { predict } from '../../scripts/stack/move/predict.ts';
import { Totals } from '../../scripts/stack/move/totals.ts';
import { stopOrphan } from '../../scripts/stack/orphan.ts';
import { openSecrets, readSecrets } from '../../scripts/stack/secrets.ts';
import { readSettings } from '../../scripts/stack/settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'attribution-stack-parts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('settings: empty variables count as unset', () => {
  const settings = readSettings({ DATA_DIR: folder, PORT: ' ', WAREHOUSE_CSV: '' });
  expect(settings).toEqual({
    folder: join(folder, 'stack'),
    adsuitePort: 5441,
    warehousePort: 5442,
    servicePort: 4000,
    csvFolder: null,
  });
});

test('secrets are made once, kept, and readable by their owner alone', () => {
  expect(() => readSecrets(folder)).toThrow('npm run stack');
  const first = openSecrets(folder);
  const password = first.password('warehouse', 'attribution_dbt');
  expect(password).not.toBe(first.password('warehouse', 'attribution_service'));
  expect(readSecrets(folder).password('warehouse', 'attribution_dbt')).toBe(password);
  expect(statSync(first.file).mode & 0o777).toBe(0o600);
  // A login that a newer version adds gets a password of its own; the others keep theirs.
  const lines = readFileSync(first.file, 'utf8').split('\n');
  writeFileSync(first.file, lines.filter((line) => !line.includes('attribution_service')).join('\n'));
  expect(openSecrets(folder).password('warehouse', 'attribution_dbt')).toBe(password);
  expect(readSecrets(folder).password('warehouse', 'attribution_service')).toMatch(/^[\w-]{32}$/);
});

test('a process id of a dead server that somebody else has by now is given up, and nobody is stopped', async () => {
  mkdirSync(join(folder, 'data'));
  const file = join(folder, 'data', 'postmaster.pid');
  writeFileSync(file, `${process.pid}\n/somewhere\n1780000000\n5441\n\n127.0.0.1\n  12345 67\nready\n`);
  await stopOrphan(join(folder, 'data'), (line) => expect.fail(line));
  expect(readFileSync(file, 'utf8')).toBe('2147483646\n/somewhere\n1780000000\n5441\n\n127.0.0.1\n  12345 67\nready\n');
  await stopOrphan(join(folder, 'data'), (line) => expect.fail(line));
});

test('closing: last opened first, and what is opened after the end began is closed at once', async () => {
  const closed: string[] = [];
  const closing = new Closing((error) => expect.fail(String(error)));
  for (const name of ['adsuite', 'warehouse']) await closing.opened(async () => void closed.push(name));
  await closing.close();
  const late = closing.opened(async () => void closed.push('service'));
  await expect(late).rejects.toThrow(Interrupted);
  expect(closed).toEqual(['warehouse', 'adsuite', 'service']);
});

describe('predict', () => {
  const at = (second: string) => `2026-01-01T00:00:${second}Z`;
  const iterations = [
    { id: '10', createdAt: at('20.000000') },
    { id: '9', createdAt: at('10.000000') },
    // The lower id of two that begin together has an empty window.
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
    expect(predict(at(second), iterations, at('30.000000'))).toEqual({ status, iterationId });
  });

  test('a window that has ended has no business with the build', () => {
    expect(predict(at('15.000000'), iterations, at('12.000000')).iterationId).toBe('9');
  });

  test('without iterations', () => {
    expect(predict(at('15.000000'), [], at('30.000000')).status).toBe('NO_ITERATIONS');
  });
});

test('totals add up exactly, and tell what differs', () => {
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

test('checks: one claim that does not hold is the end of it, and none at all is no success', () => {
  const lines: string[] = [];
  const checks = new Checks((line) => lines.push(line));
  expect(checks.end()).toBe(false);
  checks.equal('maps are compared by content', new Map([['a', { b: 1 }]]), new Map([['a', { b: 1 }]]));
  expect(checks.end()).toBe(true);
  checks.equal('one is two', 1, 2);
  expect(checks.end()).toBe(false);
  expect(lines).toContain('   WRONG one is two');
  expect(lines).toContain('         answered 1, predicted 2');
});
