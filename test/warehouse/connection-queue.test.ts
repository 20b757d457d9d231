import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import { type Connection, connectionsInTurn } from '../../src/db/warehouse/connection-queue.ts';

const client = { release: () => {} } as unknown as pg.PoolClient;
const list = 'conversions.page';
const lookUp = 'conversions.byId';

describe.each([
  // The limit of connections, and how many lists run at a time. With one, look-ups wait for the pool.
  [2, 1],
  [3, 2],
  [6, 5],
  [12, 9],
  [100, 75],
])('of %i connections', (maxConnections, lists) => {
  test(`${lists} serve lists, in the order in which they came, and look-ups wait for none`, async () => {
    const queue = connectionsInTurn(async () => client, { maxConnections, waitMilliseconds: 60_000 });
    const held: [number, Connection][] = [];
    const asked = Array.from({ length: lists + 2 }, async (_, index) => {
      held.push([index, await queue.connect(list, undefined)]);
    });
    await Promise.all(asked.slice(0, lists));
    await queue.connect(lookUp, undefined);
    expect(held.map(([index]) => index)).toEqual(Array.from({ length: lists }, (_, index) => index));
    for (const [index] of [lists, lists + 1].entries()) {
      held[index]?.[1].release(false);
      await asked[lists + index];
    }
    expect(held.slice(lists).map(([index]) => index)).toEqual([lists, lists + 1]);
  });
});
