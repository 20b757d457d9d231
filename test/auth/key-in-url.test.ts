import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatApiKey, makeApiKey } from '../../src/auth/api-key.ts';
import { hasKeyInUrl, pathForLog } from '../../src/auth/key-in-url.ts';

const key = formatApiKey(makeApiKey());
const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl';

test.each([
  '/graphql?access_token=x',
  '/graphql?query={__typename}&api_key=x',
  '/graphql?API-KEY=x',
  '/graphql?x-api-key=x',
  '/graphql?%61pi_key=x',
  '/graphql?Authorization=Bearer+x',
  '/graphql?token',
  `/graphql?q=${key}`,
  `/graphql/${key}`,
  `/graphql?q=${token}`,
  `/graphql;${token}`,
  `/graphql?q=${key.replace('attr_', '%61ttr%5F')}`,
  `/graphql?q=${key.replace('attr_', '%2561ttr%255F')}`,
])('is found in %s', (url) => expect(hasKeyInUrl(url)).toBe(true));

test.each([
  '/graphql',
  '/graphql?query={__typename}',
  '/graphql?query=query($key:String){pushRun(id:$key){id}}&variables={"token":"x"}&operationName=Key',
  '/graphiql/assets/index-eyJabc.js',
  '/graphiql/?keyboard=1&monkey=2',
  '/%zz?%',
])('is not found in %s', (url) => expect(hasKeyInUrl(url)).toBe(false));

test('a long URL that resembles many tokens takes no time', () => {
  const start = performance.now();
  for (const text of ['eyJ', 'eyJaaaaaaaaa.', 'attr_000000000000', '%65yJ', '%', '%2525', 'key=&'])
    for (const mark of ['/', '?']) hasKeyInUrl(`/graphql${mark}${text.repeat(16_000 / text.length)}`);
  expect(performance.now() - start).toBeLessThan(1_000);
});

test('no URL with a key in it is logged with the key', () => {
  const encodings = [
    (text: string) => text,
    (text: string) => encodeURIComponent(text),
    (text: string) => [...text].map((each) => `%${each.charCodeAt(0).toString(16)}`).join(''),
    (text: string) => encodeURIComponent(text.replaceAll(/[a-z]/g, (each) => `%${each.charCodeAt(0).toString(16)}`)),
  ];
  fc.assert(
    fc.property(
      fc.webPath(),
      fc.webQueryParameters(),
      fc.constantFrom(key, token),
      fc.constantFrom(...encodings),
      fc.constantFrom('/', '?', '?a=', '&x=', ';'),
      (path, query, secret, encode, separator) => {
        for (const url of [
          `${path}${separator}${encode(secret)}?${query}`,
          `${path}?${query}${separator}${encode(secret)}`,
        ]) {
          const logged = pathForLog(url);
          const plain = decodeURIComponent(decodeURIComponent(logged.replaceAll(/%(?![0-9a-f]{2})/gi, '%25')));
          expect(plain).not.toContain(secret.slice(-20));
          expect(logged).not.toContain(encode(secret));
        }
      },
    ),
  );
  expect(pathForLog('/graphql?query=x')).toBe('/graphql');
  expect(pathForLog('/graphiql/assets/a.js')).toBe('/graphiql/assets/a.js');
  expect(pathForLog(`/${'x'.repeat(1_000)}`).length).toBeLessThan(250);
});
