import { decimal, tenThousandths } from '../domain/decimal.ts';
import type { ExplanationFacts } from './facts.ts';

/** An amount for display, with at least two digits after the point: 41.20. */
const amount = (value: bigint): string => decimal(value).replace(/0{1,2}$/, '');

/** "3 other conversions worth 41.20 wait"; empty if no others wait for the same. */
function othersWaiting({ waiting, conversion }: ExplanationFacts): string {
  const others = Number(waiting?.conversions ?? 0) - 1;
  if (others < 1) return '';
  const payout = amount(tenThousandths(waiting?.payout ?? '0') - tenThousandths(conversion.payout ?? '0'));
  return others === 1 ? `1 other conversion worth ${payout} waits` : `${others} other conversions worth ${payout} wait`;
}

/** A suggestion, with the number of other conversions that wait for the same subject. */
export function suggestionWith(facts: ExplanationFacts, text: string, subject: string): string {
  const others = othersWaiting(facts);
  return others === '' ? text : `${text} ${others} for ${subject}.`;
}

/** "5, 6 and 7", or "5, 6 and 40 more". */
export function listed(items: readonly string[], total = items.length): string {
  if (total > items.length) return `${items.join(', ')} and ${total - items.length} more`;
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
