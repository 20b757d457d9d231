/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** How the iteration of an attributed conversion was determined. */
export type AttributionMethod =
  /** By time: the iteration was live when the click happened. */
  | 'DERIVED'
  /** By id: the click names the iteration. */
  | 'EXPLICIT';

/** Whether a conversion is attributed, or why not. If several reasons apply, the first one in this order is given. */
export type AttributionStatus =
  /** The conversion belongs to an iteration. */
  | 'ATTRIBUTED'
  /** The click happened before the strategy's first iteration began. */
  | 'BEFORE_FIRST_ITERATION'
  /** The click has no campaign id, or AdGem does not list the campaign. */
  | 'CAMPAIGN_NOT_FOUND'
  /** The campaign has no offer (adaction_id is empty). */
  | 'CAMPAIGN_WITHOUT_OFFER'
  /** The click happened at or after the `asOf` of the build. A build whose `asOf` is after the click attributes it: the next one, unless the time of the click is wrong and in the future. */
  | 'CLICK_AFTER_BUILD'
  /** No click has the event's click id. The click may still arrive. */
  | 'CLICK_NOT_FOUND'
  /** The event has no click id. */
  | 'NO_CLICK_ID'
  /** The strategy has no iterations. */
  | 'NO_ITERATIONS'
  /** Several strategies share the offer, so the strategy is ambiguous. */
  | 'SHARED_OFFER'
  /** No strategy has the campaign's offer. If a strategy gets its tune_offer_id later, the next build attributes the conversion. */
  | 'STRATEGY_NOT_FOUND';

export type CopiedFragment = { id: string, clickId: string | null, goalReferenceId: string | null, payout: string | null, convertedAt: string, clickedAt: string | null, loadedAt: string, campaignId: string | null, status: AttributionStatus, method: AttributionMethod | null, strategyId: string | null, iterationId: string | null };

export type NewestQueryVariables = Exact<{ [key: string]: never; }>;


export type NewestQuery = { dataStatus: { build: string | null } };

export type EverythingQueryVariables = Exact<{
  build: string;
  first: number;
  after?: string | null | undefined;
}>;


export type EverythingQuery = { conversions: { nodes: Array<{ id: string, clickId: string | null, goalReferenceId: string | null, payout: string | null, convertedAt: string, clickedAt: string | null, loadedAt: string, campaignId: string | null, status: AttributionStatus, method: AttributionMethod | null, strategyId: string | null, iterationId: string | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ChangedSinceQueryVariables = Exact<{
  build: string;
  first: number;
  after?: string | null | undefined;
}>;


export type ChangedSinceQuery = { changes: { throughBuild: string, nodes: Array<{ id: string, after: { id: string, clickId: string | null, goalReferenceId: string | null, payout: string | null, convertedAt: string, clickedAt: string | null, loadedAt: string, campaignId: string | null, status: AttributionStatus, method: AttributionMethod | null, strategyId: string | null, iterationId: string | null } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const CopiedFragmentDoc = new TypedDocumentString(`
    fragment Copied on Conversion {
  id
  clickId
  goalReferenceId
  payout
  convertedAt
  clickedAt
  loadedAt
  campaignId
  status
  method
  strategyId
  iterationId
}
    `, {"fragmentName":"Copied"}) as unknown as TypedDocumentString<CopiedFragment, unknown>;
export const NewestDocument = new TypedDocumentString(`
    query Newest {
  dataStatus {
    build
  }
}
    `) as unknown as TypedDocumentString<NewestQuery, NewestQueryVariables>;
export const EverythingDocument = new TypedDocumentString(`
    query Everything($build: ID!, $first: Int!, $after: String) {
  conversions(
    atBuild: $build
    orderBy: {field: ID, direction: ASC}
    first: $first
    after: $after
  ) {
    nodes {
      ...Copied
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment Copied on Conversion {
  id
  clickId
  goalReferenceId
  payout
  convertedAt
  clickedAt
  loadedAt
  campaignId
  status
  method
  strategyId
  iterationId
}`) as unknown as TypedDocumentString<EverythingQuery, EverythingQueryVariables>;
export const ChangedSinceDocument = new TypedDocumentString(`
    query ChangedSince($build: ID!, $first: Int!, $after: String) {
  changes(sinceBuild: $build, first: $first, after: $after) {
    throughBuild
    nodes {
      id
      after {
        ...Copied
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment Copied on Conversion {
  id
  clickId
  goalReferenceId
  payout
  convertedAt
  clickedAt
  loadedAt
  campaignId
  status
  method
  strategyId
  iterationId
}`) as unknown as TypedDocumentString<ChangedSinceQuery, ChangedSinceQueryVariables>;