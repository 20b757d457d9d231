import { IsOptional } from 'class-validator';
import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import { maxListLength } from '../config/limits.ts';
import { type DriftKind, driftKinds } from '../push/drift/drift.ts';
import { describedEnum } from './enums.ts';
import { PageArgs, PageInfo } from './page.ts';
import { PushedMetrics } from './push-values.ts';
import { Id } from './scalars.ts';
import { IsList, IsSourceId } from './validation.ts';

const kindTexts: Readonly<Record<DriftKind, string>> = {
  LOST: 'AdSuite has no values, although it accepted some. To restore them: pushMetrics(input: {resend: true}).',
  CHANGED:
    'AdSuite has other values than it accepted, without a newer version. To fix them: pushMetrics(input: {resend: true}). If ' +
    'heldVersion is the version of the newest build, wait for the next build first.',
  UNRECEIPTED: 'AdSuite has a version without a receipt: its response was lost, or another system sent it.',
  BEHIND:
    'AdSuite has other values than the newest build. The next push sends them, unless AdSuite already accepted them (then ' +
    'another kind applies too).',
};

export const PushDriftKind = describedEnum(
  'PushDriftKind',
  'How the values in AdSuite differ from what was sent or built.',
  Object.fromEntries(driftKinds.map((kind) => [kind, kindTexts[kind]])) as Record<DriftKind, string>,
);

@ObjectType({ description: 'Number of iterations with one kind of difference.', simpleResolvers: true })
export class PushDriftCount {
  @Field(() => PushDriftKind, { description: 'Kind of difference.' })
  kind!: DriftKind;

  @Field(() => Int, { description: 'Number of iterations.' })
  iterations!: number;
}

@ObjectType({ description: 'An iteration whose values in AdSuite differ.', simpleResolvers: true })
export class PushDriftRow {
  @Field(() => Id, { description: 'Id of the iteration in AdSuite.' })
  iterationId!: string;

  @Field(() => [PushDriftKind], { description: 'Kinds of difference; at least one.' })
  kinds!: readonly DriftKind[];

  @Field(() => Int, { nullable: true, description: 'Version of the values in AdSuite; null if it has none.' })
  heldVersion!: number | null;

  @Field(() => PushedMetrics, { nullable: true, description: 'Values in AdSuite; null if it has none.' })
  held!: PushedMetrics | null;

  @Field(() => PushedMetrics, {
    nullable: true,
    description: 'Values that AdSuite accepted last; null if it never accepted any.',
  })
  accepted!: PushedMetrics | null;

  @Field(() => PushedMetrics, {
    nullable: true,
    description: 'Values in the newest build; null if it lacks the iteration.',
  })
  built!: PushedMetrics | null;

  /** Number of the newest build. Not a field. */
  builtBy!: number;
}

@ObjectType({
  description: 'Comparison of the values in AdSuite with those that it accepted and those of the newest build.',
  simpleResolvers: true,
})
export class PushDrift {
  @Field(() => Id, { description: 'Id of the newest build.' })
  build!: string;

  @Field(() => Int, { description: 'Number of iterations compared.' })
  compared!: number;

  @Field(() => [PushDriftCount], {
    description: 'Number of iterations by kind of difference. An iteration may have several kinds.',
  })
  counts!: PushDriftCount[];

  @Field(() => String, {
    description:
      'Hash of all differences. If it changes between two pages, so did the differences: a row that changed may be on both pages or ' +
      'on none.',
  })
  driftHash!: string;

  @Field(() => [PushDriftRow], {
    description:
      'A page of the iterations that differ, the largest difference first: in conversions, then in payout, then in clicks; ties by ' +
      'iteration id. The difference is that between AdSuite and the newest build or between AdSuite and the accepted values, ' +
      'whichever is larger.',
  })
  rows!: PushDriftRow[];

  @Field(() => PageInfo, { description: 'Whether there are more rows. Each page reads and compares everything again.' })
  pageInfo!: PageInfo;
}

@ArgsType()
export class PushDriftArgs extends PageArgs {
  @Field(() => [Id], {
    nullable: true,
    description: `Only these iterations; at most ${maxListLength}. With strategyIds, each must be in one of those strategies. If both lists are omitted, reads every iteration from AdSuite.`,
  })
  @IsOptional()
  @IsList()
  @IsSourceId()
  iterationIds?: string[] | null;

  @Field(() => [Id], { nullable: true, description: `Only iterations of these strategies; at most ${maxListLength}.` })
  @IsOptional()
  @IsList()
  @IsSourceId()
  strategyIds?: string[] | null;
}
