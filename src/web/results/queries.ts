import type { TabContent } from '../open-tab.ts';

const iterationQuery = `# How does this iteration perform by day?
#
# Best seen as Chart.
query IterationByDay($id: ID!) {
  iteration(id: $id) {
    id
    name
    createdAt
    endedAt
    daily {
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
  $from: DateTime
  $to: DateTime
) {
  conversions(
    filter: {
      iterationIds: $iterationIds
      convertedBetween: { from: $from, to: $to }
    }
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

const json = (variables: unknown): string => JSON.stringify(variables, null, 2);

/** The query that a click on an iteration of the timeline writes. */
export const queryOfIteration = (id: string): TabContent => ({
  query: iterationQuery,
  variables: json({ id }),
  view: 'Chart',
});

/** The query that a click on a day of the timeline writes. */
export const queryOfDay = (iterationIds: readonly string[], from: number, to: number): TabContent => ({
  query: conversionsQuery,
  variables: json({ from: new Date(from).toISOString(), to: new Date(to).toISOString(), iterationIds }),
  view: 'Table',
});
