import { expect, test } from 'vitest';
import { AddressError } from '../../src/config/address.ts';
import { parseLedgerUrl } from '../../src/config/ledger.ts';

const local = { host: '127.0.0.1', port: 5432, database: 'ledger', login: { user: 'me', password: 'p@ss' }, tls: null };

test.each([
  ['postgres://me:p%40ss@127.0.0.1/ledger', null, null, local],
  ['postgresql://me@127.0.0.1:6000/ledger', 'p@ss', null, { ...local, port: 6000 }],
  ['postgres://me@127.0.0.1/ledger', null, null, { ...local, login: { user: 'me', password: '' } }],
  ['postgres://me:p%40ss@[::1]/ledger', null, null, { ...local, host: '::1' }],
  [
    'postgres://me:p%40ss@db.example.com/ledger',
    null,
    null,
    { ...local, host: 'db.example.com', tls: { caFile: null } },
  ],
  ['postgres://me:p%40ss@db.example.com/ledger?sslmode=disable', null, null, { ...local, host: 'db.example.com' }],
  ['postgres://me:p%40ss@127.0.0.1/ledger', null, '/ca.pem', { ...local, tls: { caFile: '/ca.pem' } }],
] as const)('%s', (url, password, ca, address) => {
  expect(parseLedgerUrl(url, password, ca)).toEqual(address);
});

test.each([
  ['postgres://me:secret', null, null, /is not a URL|has no host|must end with a database/],
  ['redshift://me:secret@host/ledger', null, null, /does not start with postgres:\/\/; it must be like postgres:/],
  ['postgres://me:secret@host', null, null, /must end with a database name/],
  ['postgres://host/ledger', null, null, /has no user/],
  ['postgres://me:secret@host/ledger', 'secret', null, /and LEDGER_PASSWORD is set too/],
  ['postgres://me:se%cret@host/ledger', null, null, /does not start a %XX.*or set LEDGER_PASSWORD/],
  ['postgres://me:se#cret@host/ledger', null, null, /is not a URL|has a "#"/],
  ['postgres://me:secret@host/ledger?sslmode=require', null, null, /sslmode other than verify-full and disable/],
  ['postgres://me:secret@host/ledger?sslmode=disable', null, '/ca.pem', /but LEDGER_CA is set/],
  ['postgres://me:secret@host/ledger?region=x', null, null, /unknown parameter; allowed are sslmode/],
] as const)('refused, without quoting it: %s', (url, password, ca, words) => {
  const error = (() => {
    try {
      return parseLedgerUrl(url, password, ca);
    } catch (caught) {
      return caught;
    }
  })();
  expect(error).toBeInstanceOf(AddressError);
  expect(String(error)).toMatch(words);
  expect(String(error)).not.toMatch(/secret|cret@/);
});
