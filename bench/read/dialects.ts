import type { Answers } from './answers.ts';
import type { Inputs, Workload } from './workloads.ts';

/** How a server is asked for a workload. */
interface Operation<Input, Answer> {
  /** The document; `Op` is the operation's name. Null: the server has no documents. */
  readonly document: string | null;
  /** @param cursor the server's own cursor of the row before the page, if it has cursors. */
  readonly variables: (input: Input, cursor: string | null) => object;
  /** The answer from `data`. */
  readonly answer: (data: never) => Answer;
}

export type Dialect = { readonly [W in Workload]: Operation<Inputs[W], Answers[W]> };

export type DialectName = 'product' | 'postgraphile' | 'mercurius' | 'bare';

interface Nodes<Node> {
  readonly nodes: readonly Node[];
}

const flat = <Node extends { readonly metrics: object }>({ metrics, ...rest }: Node) => ({ ...rest, ...metrics });

const iterationFields = 'id name sequence createdAt endedAt';
const conversionFields = 'id clickId payout convertedAt status';
const detailFields = `${conversionFields} goalReferenceId clickedAt method
  strategy { id name tuneOfferId createdAt } iteration { ${iterationFields} }`;

const product: Dialect = {
  A: {
    document: `query Op($ids: [ID!]!) { strategies(first: 20, filter: { ids: $ids }) { nodes {
      id name tuneOfferId createdAt
      iterations(first: 50) { nodes { ${iterationFields} metrics { conversions payout } } }
    } } }`,
    variables: ({ strategyIds }) => ({ ids: strategyIds }),
    answer: ({ strategies }: { strategies: Nodes<{ iterations: Nodes<{ metrics: object }> }> }) =>
      strategies.nodes.map((each) => ({ ...each, iterations: each.iterations.nodes.map(flat) })) as never,
  },
  B: {
    document: `query Op($since: DateTime!) {
      conversions(first: 1000, orderBy: { field: CONVERTED_AT, direction: ASC }, filter: { convertedBetween: { from: $since } }) {
        nodes { ${conversionFields} iteration { ${iterationFields} } }
      }
    }`,
    variables: (input) => input,
    answer: ({ conversions }: { conversions: Nodes<never> }) => conversions.nodes,
  },
  C: {
    document: `query Op($id: ID!) { conversion(id: $id) { ${detailFields} } }`,
    variables: (input) => input,
    answer: ({ conversion }: { conversion: never }) => conversion,
  },
  D: {
    document: `query Op($since: DateTime!, $until: DateTime!, $ids: [ID!]!) {
      metrics(first: 1000, groupBy: [DAY, STRATEGY], orderBy: { field: KEY, direction: ASC }, filter: {
        convertedBetween: { from: $since, to: $until }, strategyIds: $ids, status: [ATTRIBUTED]
      }) { nodes { day strategyId metrics { conversions payout } } }
    }`,
    variables: ({ since, until, strategyIds }) => ({
      since: `${since}T00:00:00Z`,
      until: `${until}T00:00:00Z`,
      ids: strategyIds,
    }),
    answer: ({ metrics }: { metrics: Nodes<{ metrics: object }> }) => metrics.nodes.map(flat) as never,
  },
  E: {
    document: `query Op($after: String!) { conversions(first: 100, after: $after) {
      nodes { ${conversionFields} iterationId } pageInfo { hasNextPage endCursor }
    } }`,
    variables: (_input, after) => ({ after }),
    answer: ({ conversions }: { conversions: Page }) => page(conversions),
  },
};

interface Page {
  readonly nodes: never;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** Throws if the page has no cursor for the next one. */
function page({ nodes, pageInfo }: Page): Answers['E'] {
  if (typeof pageInfo.endCursor !== 'string') throw new Error('the page has no endCursor');
  return { rows: nodes, hasNextPage: pageInfo.hasNextPage };
}

const rowIteration = `rowId ${iterationFields.replace('id ', '')}`;
const rowConversion = `rowId ${conversionFields.replace('id ', '')}`;

/** PostGraphile's names for the columns and keys of schema `peer`, as those of the API. */
function renamed(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const own = { rowId: 'id', strategyByStrategyId: 'strategy', iterationByIterationId: 'iteration' }[name] ?? name;
      const isRow = typeof value === 'object' && value !== null;
      return [own, isRow ? renamed(value as Record<string, unknown>) : value];
    }),
  );
}

type RowNodes = Nodes<Record<string, unknown>>;

const postgraphile: Dialect = {
  A: {
    document: `query Op($ids: [BigInt]!) { strategiesByIds(ids: $ids) { nodes {
      rowId name tuneOfferId createdAt
      iterationsByStrategyId(first: 50) { nodes { ${rowIteration} metrics { conversions payout } } }
    } } }`,
    variables: ({ strategyIds }) => ({ ids: strategyIds }),
    answer: ({ strategiesByIds }: { strategiesByIds: Nodes<{ iterationsByStrategyId: RowNodes }> }) =>
      strategiesByIds.nodes.map(({ iterationsByStrategyId, ...each }) => ({
        ...renamed(each),
        iterations: iterationsByStrategyId.nodes.map((row) => flat(renamed(row) as { metrics: object })),
      })) as never,
  },
  B: {
    document: `query Op($since: Datetime!) {
      allConversions(condition: { convertedFrom: $since }, orderBy: [CONVERTED_AT_ASC, ROW_ID_ASC], first: 1000) {
        nodes { ${rowConversion} iterationByIterationId { ${rowIteration} } }
      }
    }`,
    variables: (input) => input,
    answer: ({ allConversions }: { allConversions: RowNodes }) => allConversions.nodes.map(renamed) as never,
  },
  C: {
    document: `query Op($id: String!) { conversionByRowId(rowId: $id) {
      ${rowConversion} goalReferenceId clickedAt method
      strategyByStrategyId { rowId name tuneOfferId createdAt } iterationByIterationId { ${rowIteration} }
    } }`,
    variables: (input) => input,
    answer: ({ conversionByRowId }: { conversionByRowId: Record<string, unknown> }) =>
      renamed(conversionByRowId) as never,
  },
  D: {
    document: `query Op($since: Date!, $until: Date!, $ids: [BigInt]!) {
      metricsByDay(since: $since, until: $until, strategyIds: $ids) { nodes { day strategyId conversions payout } }
    }`,
    variables: ({ since, until, strategyIds }) => ({ since, until, ids: strategyIds }),
    answer: ({ metricsByDay }: { metricsByDay: Nodes<never> }) => metricsByDay.nodes,
  },
  E: {
    document: `query Op($at: Datetime!, $id: String!) { conversionsBefore(at: $at, beforeId: $id, first: 100) {
      nodes { ${rowConversion} iterationId } pageInfo { hasNextPage endCursor }
    } }`,
    variables: ({ convertedAt, id }) => ({ at: convertedAt, id }),
    answer: ({ conversionsBefore: { nodes, pageInfo } }: { conversionsBefore: RowNodes & Pick<Page, 'pageInfo'> }) =>
      page({ nodes: nodes.map(renamed) as never, pageInfo }),
  },
};

/** The Mercurius server has the fields of the API that it needs, and simpler arguments. */
const mercurius: Dialect = {
  A: {
    ...product.A,
    document: `query Op($ids: [ID!]!) { strategies(ids: $ids) {
      id name tuneOfferId createdAt iterations { ${iterationFields} metrics { conversions payout } }
    } }`,
    answer: ({ strategies }: { strategies: readonly { iterations: readonly { metrics: object }[] }[] }) =>
      strategies.map((each) => ({ ...each, iterations: each.iterations.map(flat) })) as never,
  },
  B: {
    ...product.B,
    document: `query Op($since: DateTime!) {
      conversionsFrom(since: $since, first: 1000) { ${conversionFields} iteration { ${iterationFields} } }
    }`,
    answer: ({ conversionsFrom }: { conversionsFrom: never }) => conversionsFrom,
  },
  C: product.C,
  D: {
    document: `query Op($since: Day!, $until: Day!, $strategyIds: [ID!]!) {
      metricsByDay(since: $since, until: $until, strategyIds: $strategyIds) { day strategyId conversions payout }
    }`,
    variables: (input) => input,
    answer: ({ metricsByDay }: { metricsByDay: never }) => metricsByDay,
  },
  E: {
    ...product.E,
    variables: ({ convertedAt, id }) => ({
      after: Buffer.from(JSON.stringify([convertedAt, id])).toString('base64url'),
    }),
  },
};

const plain = { document: null, variables: (input: object) => input, answer: (answer: never) => answer };
const bare: Dialect = { A: plain, B: plain, C: plain, D: plain, E: plain };

export const dialects: Readonly<Record<DialectName, Dialect>> = { product, postgraphile, mercurius, bare };

/** A request for a workload: its path and body. */
export function requestFor<W extends Workload>(
  dialect: DialectName,
  workload: W,
  input: Inputs[W],
  cursor: string | null,
  operationName: string,
): { readonly path: string; readonly body: string } {
  const { document, variables }: Operation<Inputs[W], Answers[W]> = dialects[dialect][workload];
  if (document === null) return { path: `/${workload}`, body: JSON.stringify(variables(input, cursor)) };
  const query = document.replace('query Op', `query ${operationName}`);
  return { path: '/graphql', body: JSON.stringify({ query, variables: variables(input, cursor) }) };
}
