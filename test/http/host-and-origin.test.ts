import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { sendRaw } from '../support/network.ts';
import { openTestService, serve, type TestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(smallWorld(2), smallWorldAsOf);
});
afterAll(() => service.close());

const query = JSON.stringify({ query: '{ dataStatus { build } }' });

/** Sends a query with these Host and Origin headers. `{port}` is replaced by the port of the service. */
async function sendQuery(hosts: readonly string[], origin: string | null = null, of: TestService = service) {
  const { port } = new URL(of.url);
  const filled = (text: string) => text.replace('{port}', port);
  return sendRaw(
    of.url,
    [
      'POST /graphql HTTP/1.1',
      ...hosts.map((host) => `Host: ${filled(host)}`),
      ...(origin === null ? [] : [`Origin: ${filled(origin)}`]),
      'content-type: application/json',
      `content-length: ${query.length}`,
    ],
    query,
  );
}

describe('the Host header', () => {
  test.each([
    'localhost',
    'localhost:{port}',
    'LOCALHOST:{port}',
    'localhost.',
    // A tunnel or proxy may use another port.
    'localhost:1',
    '127.0.0.1:{port}',
    '127.1.2.3',
    '[::1]:{port}',
    '[0:0:0:0:0:0:0:1]',
  ])('may be %s', async (host) => {
    const { status, text } = await sendQuery([host]);
    expect(status, text).toBe(200);
  });

  test.each([
    'evil.test',
    'evil.test:{port}',
    'localhost.evil.test',
    'evil-localhost',
    '127.0.0.1.evil.test',
    '127.evil.test:{port}',
    'foo.localhost',
    '0.0.0.0:{port}',
    '10.0.0.5',
    '128.0.0.1',
    '[::]',
    '[fd00::1]:{port}',
    'xn--lclhost-8za3d',
    // Spellings of 127.0.0.1 that only URL parsers accept.
    '2130706433',
    '0x7f000001',
    '127.1',
  ])('may not be %s', async (host) => {
    const { status, text } = await sendQuery([host]);
    expect(status).toBe(403);
    expect(text).toContain('"code":"HOST_NOT_ALLOWED"');
    expect(text).toContain('ALLOWED_HOSTS');
    expect(text).not.toContain('"data"');
  });

  test.each([
    ['missing', []],
    ['empty', ['']],
    ['two headers', ['localhost', 'evil.test']],
    ['two equal headers', ['localhost', 'localhost']],
    ['a list', ['localhost, evil.test']],
    ['with a user', ['localhost@evil.test']],
    ['with a path', ['localhost/evil.test']],
    ['with a backslash', ['localhost\\evil.test']],
    ['an invalid port', ['localhost:80x']],
    ['a port out of range', ['localhost:99999']],
    ['with an escape', ['%6cocalhost']],
    ['with a soft hyphen', ['lo\u00adcalhost']],
    ['a bare IPv6 address', ['::1']],
    ['a broken IPv6 address', ['[::1']],
  ])('must be valid: %s', async (_name, hosts) => {
    const { status, text } = await sendQuery(hosts);
    expect(status).toBe(400);
    expect(text).not.toContain('"data"');
  });

  test('is checked on every route', async () => {
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/graphiql/'],
      ['GET', '/graphiql'],
      ['HEAD', '/graphiql/'],
      ['GET', '/graphql?query={__typename}'],
      ['OPTIONS', '/graphql'],
      ['GET', '/nothing-here'],
      ['DELETE', '/graphql'],
    ]) {
      const { status } = await sendRaw(service.url, [`${method} ${path} HTTP/1.1`, 'Host: evil.test']);
      expect(status, `${method} ${path}`).toBe(403);
    }
  });

  test.each(['http://evil.test/graphql?query={__typename}', 'http://localhost/graphql?query={__typename}'])(
    'cannot be bypassed with an absolute request target: %s',
    async (target) => {
      const preflight = 'apollo-require-preflight: 1';
      const { status, text } = await sendRaw(service.url, [`GET ${target} HTTP/1.1`, 'Host: localhost', preflight]);
      expect(status).toBe(400);
      expect(text).toContain('The request target must be a path.');
      const path = new URL(target).pathname + new URL(target).search;
      const asPath = await sendRaw(service.url, [`GET ${path} HTTP/1.1`, 'Host: localhost', preflight]);
      expect(asPath.status).toBe(200);
    },
  );

  test('a malformed or unknown path gets an error in GraphQL format', async () => {
    for (const [path, status] of [
      ['/graphql%zz', 400],
      ['/nothing-here', 404],
    ] as const) {
      const response = await sendRaw(service.url, [`GET ${path} HTTP/1.1`, 'Host: localhost']);
      expect(response.status).toBe(status);
      expect(response.text).toMatch(/\{"errors":\[\{"message":"[^"]+","extensions":\{"code":"BAD_REQUEST"\}\}\]\}/);
    }
  });

  test('may be one of ALLOWED_HOSTS, in any case and with any port', async () => {
    const { http } = loadConfig({ PORT: '0', ALLOWED_HOSTS: 'Api.Example.com,10.0.0.5,[FD00::0005]' });
    const open = await serve(service.database.target, { http });
    try {
      for (const host of ['api.example.com', 'API.example.com:8443', '10.0.0.5:80', '[fd00::5]', 'localhost']) {
        expect((await sendQuery([host], null, open)).status, host).toBe(200);
      }
      for (const host of ['example.com', 'x.api.example.com', 'api.example.com.evil.test', '10.0.0.50']) {
        expect((await sendQuery([host], null, open)).status, host).toBe(403);
      }
      // A proxy terminates TLS: Origin has the port of https.
      expect((await sendQuery(['api.example.com'], 'https://api.example.com', open)).status).toBe(200);
      expect((await sendQuery(['api.example.com:443'], 'https://api.example.com', open)).status).toBe(200);
      expect((await sendQuery(['api.example.com'], 'https://api.example.com:8443', open)).status).toBe(403);
    } finally {
      await open.close();
    }
  });
});

describe('the Origin header', () => {
  test.each([
    ['localhost:{port}', 'http://localhost:{port}'],
    ['127.0.0.1:{port}', 'http://127.0.0.1:{port}'],
    ['[::1]:{port}', 'http://[::1]:{port}'],
    ['localhost', 'http://localhost'],
    ['localhost:80', 'http://localhost'],
  ])('may be the own host, %s: %s', async (host, origin) => {
    const { status, text } = await sendQuery([host], origin);
    expect(status, text).toBe(200);
  });

  test.each([
    ['another site', 'http://evil.test'],
    ['another port of this machine', 'http://localhost:1'],
    ['another name of this machine', 'http://127.0.0.1:{port}'],
    ['a page without an origin', 'null'],
    ['empty', ''],
    ['a name with the same prefix', 'http://localhost:{port}.evil.test'],
    ['a user that resembles the host', 'http://localhost:{port}@evil.test'],
    ['a list', 'http://localhost:{port}, http://evil.test'],
    ['an extension', 'chrome-extension://localhost', 'localhost'],
    ['an app', 'capacitor://localhost', 'localhost'],
    ['a script', 'javascript://localhost', 'localhost'],
    ['a user', 'http://user@localhost', 'localhost'],
    ['a path', 'http://localhost/path', 'localhost'],
    ['https without its port', 'https://localhost', 'localhost:80'],
    ['a file', 'file://'],
  ])('may not be %s', async (_name, origin, host = 'localhost:{port}') => {
    const { status, text } = await sendQuery([host], origin);
    expect(status).toBe(403);
    expect(text).toContain('"code":"ORIGIN_NOT_ALLOWED"');
    expect(text).not.toContain('"data"');
  });
});
