import { IsOptional, Max, Min } from 'class-validator';
import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import { type DriftKind, driftKinds } from '../push/drift/drift.ts';
import { describedEnum } from './enums.ts';
import { defaultPage, maxPage } from './page.ts';
import { PushedMetrics } from './push-values.ts';
import { Id } from './scalars.ts';
import { IsList, IsSourceId } from './validation.ts';

const kindTexts: Readonly<Record<DriftKind, string>> = {
  LOST: 'AdSuite holds nothing of what it once accepted: pushMetrics(input: {resend: true}) sends it again.',
  CHANGED:
    'AdSuite holds other values than it accepted, and not by a newer version. pushMetrics(input: {resend: true}) mends it; ' +
    "where heldVersion is the newest build's own, after the next build.",
  UNRECEIPTED: 'AdSuite holds a version that no receipt tells of: its answer was lost, or somebody else sent it.',
  BEHIND:
    'AdSuite holds other values than the newest build has: the next push sends them, unless it was told of them before (see the others).',
};

export const PushDriftKind = describedEnum(
  'PushDriftKind',
  'How what AdSuite holds differs.',
  Object.fromEntries(driftKinds.map((kind) => [kind, kindTexts[kind]])) as Record<DriftKind, string>,
);

@ObjectType({ description: 'How many iterations differ in one way.', simpleResolvers: true })
export class PushDriftCount {
  @Field(() => PushDriftKind, { description: 'In which way.' })
  kind!: DriftKind;

  @Field(() => Int, { description: 'How many.' })
  iterations!: number;
}

@ObjectType({ description: 'An iteration of which AdSuite holds something else.', simpleResolvers: true })
export class PushDriftRow {
  @Field(() => Id, { description: "The iteration's id in AdSuite." })
  iterationId!: string;

  @Field(() => [PushDriftKind], { description: 'In which ways; at least one.' })
  kinds!: readonly DriftKind[];

  @Field(() => Int, { nullable: true, description: 'The version that AdSuite holds.' })
  heldVersion!: number | null;

  @Field(() => PushedMetrics, { nullable: true, description: 'What AdSuite holds; null: nothing.' })
  held!: PushedMetrics | null;

  @Field(() => PushedMetrics, { nullable: true, description: 'What it accepted last; null: never anything.' })
  accepted!: PushedMetrics | null;

  @Field(() => PushedMetrics, { nullable: true, description: 'What the newest build has; null: no such iteration.' })
  built!: PushedMetrics | null;
}

@ObjectType({
  description: 'What AdSuite holds, read back and compared with what it accepted and with the newest build.',
  simpleResolvers: true,
})
export class PushDrift {
  @Field(() => Id, { description: 'The build that it was compared with.' })
  build!: string;

  @Field(() => Int, { description: 'Iterations that were compared.' })
  compared!: number;

  @Field(() => [PushDriftCount], {
    description: 'How many differ, by the way in which they do; one may differ in several.',
  })
  counts!: PushDriftCount[];

  @Field(() => [PushDriftRow], { description: 'The first of those that differ, in the order of ids.' })
  rows!: PushDriftRow[];
}

@ArgsType()
export class PushDriftArgs {
  @Field(() => [Id], {
    nullable: true,
    description: 'Only these iterations; all if left out, which reads all of AdSuite.',
  })
  @IsOptional()
  @IsList()
  @IsSourceId()
  iterationIds?: string[] | null;

  @Field(() => [Id], { nullable: true, description: 'Only iterations of these strategies.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  strategyIds?: string[] | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: defaultPage,
    description: `How many of those that differ to list: 1 to ${maxPage}. All are counted.`,
  })
  @IsOptional()
  @Min(1, { message: `must be from 1 to ${maxPage}` })
  @Max(maxPage, { message: `must be from 1 to ${maxPage}` })
  first?: number | null;
}
