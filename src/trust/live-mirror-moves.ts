import type { MovedIterationRow, MovedStrategyRow } from '../db/warehouse/queries/live-moves.ts';
import type { AttributionExplanation } from '../schema/explanation.ts';
import type { LiveDifference } from '../schema/live-rows.ts';
import type { LiveMove, SourceRows } from './live-moves.ts';

/** Where the strategies of the offer, and the iterations that decide, differ from the build. */
export const mirrorMoves = (explanation: AttributionExplanation, rows: SourceRows): LiveMove[] => [
  ...rows.strategies.map(strategyMove),
  ...rows.iterations.filter((row) => decides(explanation, row)).map(iterationMove),
];

function strategyMove({ id, offer_id: before, offer_id_now: now }: MovedStrategyRow): LiveMove {
  return {
    text: `Strategy ${id} has the offer ${now ?? 'none'} now, and had ${before ?? 'none'} in the build.`,
    differences: [{ hop: 'OFFER', id, field: 'tuneOfferId', before, now }],
  };
}

/**
 * Whether a change of an iteration matters for the click: it is the iteration that decided or the next one, which ends its window,
 * or it now begins where the click is looked for.
 */
function decides({ status, method, strategy, iterations }: AttributionExplanation, row: MovedIterationRow): boolean {
  const { candidates } = iterations;
  const winner = candidates.find(({ isWinner }) => isWinner);
  // The time does not matter.
  if (method === 'EXPLICIT') return row.id === winner?.id;
  const decisive = winner ?? candidates.at(status === 'CLICK_AFTER_BUILD' ? -1 : 0);
  const next = candidates.find(({ sequence }) => sequence === Number(decisive?.sequence) + 1);
  if (row.id === decisive?.id || (status === 'ATTRIBUTED' && row.id === next?.id)) return true;
  if (row.strategy_id_now !== strategy.strategyId || row.created_at_now === null) return false;
  if (!decisive || status === 'BEFORE_FIRST_ITERATION') return row.created_at_now < (decisive?.createdAt ?? '~');
  return (decisive.createdAt ?? '') <= row.created_at_now && row.created_at_now < (decisive.endedAt ?? '~');
}

function iterationMove(row: MovedIterationRow): LiveMove {
  const values = [
    ['strategyId', row.strategy_id, row.strategy_id_now],
    ['createdAt', row.created_at, row.created_at_now],
  ] as const;
  const differences = values.flatMap(([field, before, now]): LiveDifference[] =>
    before === now ? [] : [{ hop: 'ITERATIONS', id: row.id, field, before, now }],
  );
  return { text: iterationText(row), differences };
}

function iterationText(row: MovedIterationRow): string {
  const subject = `Iteration ${row.id}`;
  if (row.strategy_id_now === null) return `${subject} is no longer in the mirror of AdSuite.`;
  if (row.strategy_id === null) {
    return `${subject} of strategy ${row.strategy_id_now} is new, and begins at ${row.created_at_now}.`;
  }
  const begin =
    row.created_at === row.created_at_now
      ? ''
      : ` begins at ${row.created_at_now} now, and began at ${row.created_at} in the build`;
  if (row.strategy_id === row.strategy_id_now) return `${subject}${begin}.`;
  const strategy = ` belongs to strategy ${row.strategy_id_now} now, and belonged to ${row.strategy_id} in the build`;
  return `${subject}${[strategy, begin].filter((part) => part !== '').join('; it')}.`;
}
