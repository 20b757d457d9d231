import type { TabContent } from '../open-tab.ts';
import { dateText } from './days.ts';

const iterationQuery = `# How does this iteration perform by day?
#
# Best seen as Chart.
query IterationByDay($id: ID!, $timeZone: TimeZone) {
  iteration(id: $id) {
    id
    name
    createdAt
    endedAt
    daily(timeZone: $timeZone) {
      day
      metrics {
        conversions
        clicks
        conversionsPerClick
        payout
        isFinal
      }
    }
  }
}
`;

const conversionsQuery = `# Which conversions of these iterations happened on this day?
#
# Best seen as Table.
query ConversionsOfDay(
  $iterationIds: [ID!]
  $day: Day
  $timeZone: TimeZone
) {
  conversions(
    filter: {
      iterationIds: $iterationIds
      convertedBetween: { fromDay: $day, toDay: $day }
    }
    timeZone: $timeZone
    orderBy: { field: CONVERTED_AT, direction: ASC }
    first: 500
  ) {
    totalCount
    nodes {
      id
      convertedAt
      clickedAt
      payout
      goalReferenceId
      iterationId
      secondsIntoIteration
    }
  }
}
`;

const unknownTimeZone = `# The time zone of the day is unknown, because the page no longer has the query of the timeline.
# If it is not UTC, change the variable timeZone.
#
`;

const json = (variables: unknown): string => JSON.stringify(variables, null, 2);

/**
 * The query that a click on an iteration of the timeline writes.
 *
 * @param timeZone that of the days of the timeline; null if unknown, which is read as UTC.
 */
export const queryOfIteration = (id: string, timeZone: string | null): TabContent => ({
  query: iterationQuery,
  variables: json({ id, timeZone: timeZone ?? 'UTC' }),
  view: 'Chart',
});

/**
 * The query that a click on a day of the timeline writes.
 *
 * @param at start of the UTC day of the same date, in milliseconds since 1970.
 * @param timeZone that of the days of the timeline; null if unknown, which is read as UTC. The query says so.
 */
export const queryOfDay = (iterationIds: readonly string[], at: number, timeZone: string | null): TabContent => ({
  query: timeZone === null ? unknownTimeZone + conversionsQuery : conversionsQuery,
  variables: json({ day: dateText(at), timeZone: timeZone ?? 'UTC', iterationIds }),
  view: 'Table',
});
