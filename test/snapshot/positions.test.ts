import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayAxis, GroupCodes, idAxis, textAxis } from '../../src/db/snapshot/group-codes.ts';
import { RowTable } from '../../src/db/snapshot/row-table.ts';
import { atOnce } from '../../src/db/snapshot/steps.ts';
import { compareIds } from '../../src/domain/ids.ts';

// A cursor may be of an earlier build: its position need not be that of a row.

type Direction = 'ASC' | 'DESC';
const directions = fc.constantFrom<Direction>('ASC', 'DESC');

/** Which of two values comes first; nulls come last in both directions. */
function order(one: string | null, other: string | null, direction: Direction, compare = compareIds): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  return (direction === 'ASC' ? 1 : -1) * compare(one, other);
}

const id = fc.integer({ min: -4, max: 8 }).map(String);
const ids = fc.uniqueArray(id, { maxLength: 5 }).map((list) => list.toSorted(compareIds));
const day = fc.integer({ min: 8, max: 16 }).map((number) => `2026-01-${String(number).padStart(2, '0')}`);

test('groups after any key, in both directions', () => {
  const key = fc.tuple(fc.option(id), fc.option(day), fc.option(fc.constantFrom('a', 'b')));
  fc.assert(
    fc.property(ids, key, directions, (known, position, direction) => {
      const axes = [idAxis(known), dayAxis(20_463, 20_466), textAxis(['a', 'b'])];
      const codes = new GroupCodes(axes, direction);
      const terms = axes.map((_, at) => codes.terms(at));
      const start = codes.after(position) as number;
      for (let one = 0; one <= known.length; one += 1) {
        for (let two = 0; two <= 4; two += 1) {
          for (let three = 0; three <= 2; three += 1) {
            const code = (terms[0]?.[one] ?? 0) + (terms[1]?.[two] ?? 0) + (terms[2]?.[three] ?? 0);
            const own = codes.keyOf(code);
            const first = own
              .map((value, at) => order(value, position[at] ?? null, direction, at === 0 ? compareIds : byText))
              .find((each) => each !== 0);
            expect(code >= start, `${own} after ${position}`).toBe((first ?? 0) > 0);
          }
        }
      }
    }),
  );
});

const byText = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1);

test('rows after any position, in both directions', () => {
  const rows = fc
    .uniqueArray(fc.record({ id, offer: fc.option(id) }), { selector: (row) => row.id, maxLength: 8 })
    .map((list) => list.toSorted((one, other) => compareIds(one.id, other.id)));
  fc.assert(
    fc.property(rows, fc.option(id), id, directions, fc.boolean(), (list, offer, after, direction, isByOffer) => {
      const value = (row: { readonly offer: string | null }) => row.offer;
      const table = atOnce(RowTable.of(list, { OFFER: { value, compare: compareIds, isComparable: () => true } }));
      const field = isByOffer ? 'OFFER' : 'ID';
      const compare = (one: (typeof list)[number], other: (typeof list)[number]) =>
        (isByOffer ? order(one.offer, other.offer, direction) : 0) || order(one.id, other.id, direction);
      const page = { first: 3, after: isByOffer ? [offer, after] : [after] };
      const expected = list.filter((row) => compare(row, { id: after, offer }) > 0).toSorted(compare);
      const all = { candidates: null, matches: () => true };
      expect(table.page(all, { field, direction }, page)).toEqual({
        rows: expected.slice(0, 3),
        hasNextPage: expected.length > 3,
      });
      const candidates = list.map((_, index) => index);
      expect(table.page({ ...all, candidates }, { field, direction }, page)?.rows).toEqual(expected.slice(0, 3));
    }),
  );
});
