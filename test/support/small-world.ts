import type { RawWorld } from './database.ts';

/** The build's instant of the small world. */
export const smallWorldAsOf = '2026-02-20T00:00:00.000000Z';

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;

/** An instant so many minutes into 2026, with these microseconds. */
function at(minutes: number, microseconds = 0): string {
  return `${new Date(start + minutes * minute).toISOString().slice(0, 19)}.${String(microseconds).padStart(6, '0')}Z`;
}

/**
 * A world that is small enough to see through and full of ties: equal times, equal payouts, missing values, a shared
 * offer, a late offer, iterations of one instant, clicks on the boundary. `strategies` sets its size; everything else
 * follows.
 */
export function smallWorld(strategies = 12): RawWorld {
  const ids = Array.from({ length: strategies }, (_, index) => index + 1);
  const iterations = ids
    // The third strategy has no iteration.
    .filter((id) => id !== 3)
    .flatMap((id) =>
      Array.from({ length: 1 + (id % 5) }, (_, index) => ({
        iteration_id: String(id * 100 + index),
        strategy_id: String(id),
        name: index % 2 ? null : `Iteration ${index + 1}`,
        // The second strategy's iterations are all of one instant.
        created_at: id === 2 ? at(1000) : at(1000 + index * 2000, (id * 7 + index) % 3),
      })),
    );
  // Clicks every 90 minutes, some of them exactly where an iteration begins.
  const clicks = Array.from({ length: strategies * 14 }, (_, index) => ({
    click_id: `c${index}`,
    campaign_id: index % 17 === 5 ? '999' : String((index % (strategies + 1)) + 1),
    timestamp:
      index % 7 === 0 ? at(1000 + (index % 4) * 2000, index % 3) : at(400 + index * 90, (index * 37) % 1_000_000),
    iteration_id: index % 23 === 9 ? '100' : null,
    loaded_at: at(500 + index * 90),
  }));
  const events = Array.from({ length: strategies * 12 }, (_, index) => ({
    event_id: `e${String((index * 31) % (strategies * 12)).padStart(4, '0')}`,
    event_type: 'goal_complete',
    click_id: index % 11 === 3 ? null : index % 13 === 4 ? `lost${index}` : `c${(index * 5) % clicks.length}`,
    goal_reference_id: index % 9 === 8 ? null : `g${index % 3}`,
    payout: index % 6 === 0 ? null : `${index % 4}.${index % 2 ? '5000' : '1234'}`,
    // Groups of five share their time.
    timestamp: at(2000 + Math.floor(index / 5) * 600, 5),
    loaded_at: at(2100 + Math.floor(index / 7) * 700),
  }));
  return {
    strategies: ids.map((id) => ({
      id: String(id),
      name: id % 4 === 0 ? null : `Strategy ${'ABC'[id % 3]}`,
      // 5 and 6 share an offer; 7 has none yet.
      tune_offer_id: id === 7 ? null : String(id === 6 ? 5005 : 5000 + id),
      created_at: at(Math.floor(id / 3)),
    })),
    iterations,
    campaigns: [
      ...ids.map((id) => ({ id: String(id), name: `Campaign ${id}`, adaction_id: String(5000 + id) })),
      { id: String(strategies + 1), name: 'Without offer', adaction_id: null },
    ],
    clicks,
    events,
  };
}
