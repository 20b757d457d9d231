import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../src/config.ts';

function faults(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

test('with nothing set the service is embedded, on loopback', () => {
  expect(loadConfig({})).toEqual({
    host: '127.0.0.1',
    port: 4000,
    dataDir: resolve('.data'),
    csvFolder: null,
    staleAfterMinutes: 1440,
    logLevel: 'warn',
  });
});

test('what is set is taken; empty counts as unset; what is unknown is not ours', () => {
  const env = {
    PORT: '0',
    HOST: '::1',
    DATA_DIR: '',
    WAREHOUSE_CSV: 'mine',
    LOG_LEVEL: 'debug',
    STALE_AFTER_MINUTES: '30',
    X: 'y',
  };
  expect(loadConfig(env)).toEqual({
    host: '::1',
    port: 0,
    dataDir: resolve('.data'),
    csvFolder: join(process.cwd(), 'mine'),
    staleAfterMinutes: 30,
    logLevel: 'debug',
  });
});

test('all faults are told at once', () => {
  const found = faults({
    PORT: 'http',
    HOST: '0.0.0.0',
    LOG_LEVEL: 'loud',
    STALE_AFTER_MINUTES: '-1',
    WAREHOUSE_URL: 'postgres://x',
  });
  expect(found.map((fault) => fault.split(' ')[0]).toSorted()).toEqual([
    'HOST',
    'LOG_LEVEL',
    'PORT',
    'STALE_AFTER_MINUTES',
    'WAREHOUSE_URL',
  ]);
  expect(found.join('\n')).toContain('PORT is "http"; it must be a whole number from 0 to 65535');
});

describe('a host that others can reach is refused while there is no authentication', () => {
  test.each(['0.0.0.0', '192.168.1.5', '::', 'example.org', '128.0.0.1', '127.evil.org'])('%s', (HOST) => {
    expect(faults({ HOST })).toHaveLength(1);
  });
  test.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('not %s', (HOST) => {
    expect(loadConfig({ HOST }).host).toBe(HOST);
  });
});

test.each(['65536', '-1', '80.5', '1e3', '0x50', ' 80 80'])('no port: %s', (PORT) => {
  expect(faults({ PORT })).toHaveLength(1);
});
