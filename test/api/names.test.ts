import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as operations from '../generated/operations.ts';
import { proofs } from '../support/proofs.ts';
import { openTestService } from '../support/service.ts';

/** Letters whose small and capital forms are a matter of rules: sigma, dotted i, sharp s, ligatures, Cherokee, Deseret. */
const names = [
  'CAFÉ Straße',
  'ΟΔΟΣ İstanbul',
  'ﬁx ᏣᎳᎩ 𐐀',
  'I ı i İ',
  'a_b%c\\d!e',
  "it's",
  '🚀 עברית',
  'x ',
  'Ǆ ǅ ǆ',
  'Glass tiles',
  'Μετρο',
];

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  const strategies = names.map((name, index) => {
    return { id: `${index + 1}`, name, tune_offer_id: null, created_at: '2026-01-01T00:00:00Z' };
  });
  const world = { strategies, iterations: [], campaigns: [], clicks: [], events: [] };
  service = await openTestService(world, '2026-02-01T00:00:00Z', { hasSnapshot: true });
});
afterAll(() => service.close());

const find = async (nameContains: string) =>
  (await service.ask(operations.AllStrategiesDocument, { filter: { nameContains } })).strategies.nodes.map(
    ({ id }) => names[Number(id) - 1],
  );

describe('nameContains', () => {
  test.each(names)('finds %j by the very same text, and by each part of it', async (name) => {
    expect(await find(name)).toContain(name);
    const characters = [...name];
    await fc.assert(
      fc.asyncProperty(fc.nat(characters.length - 1), fc.nat(characters.length - 1), async (one, other) => {
        const part = characters.slice(Math.min(one, other), Math.max(one, other) + 1).join('');
        expect(await find(part)).toContain(name);
      }),
      { numRuns: proofs(30, 8) },
    );
  });

  test.each([
    ['café', 'CAFÉ Straße'],
    ['οδοσ', 'ΟΔΟΣ İstanbul'],
    ['οδος', 'ΟΔΟΣ İstanbul'],
    ['STANBUL', 'ΟΔΟΣ İstanbul'],
    ['STRASSE', undefined],
    ['ß', 'CAFÉ Straße'],
    ['fé straße', 'CAFÉ Straße'],
    ['ı', 'I ı i İ'],
    ['ſ', undefined],
    ['ﬁ', 'ﬁx ᏣᎳᎩ 𐐀'],
    ['µ', undefined],
    ["IT'S", "it's"],
    ['A_B', 'a_b%c\\d!e'],
    ['_', 'a_b%c\\d!e'],
    ['%', 'a_b%c\\d!e'],
    ['\\', 'a_b%c\\d!e'],
    ['b%d', undefined],
  ])('%s finds %s', async (text, name) => {
    expect(await find(text)).toEqual(name === undefined ? [] : [name]);
  });
});
