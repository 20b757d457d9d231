import { IsOptional, Max, Min } from 'class-validator';
import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import { maxPageSize } from '../config/limits.ts';
import type { AttributionStatusName } from '../db/warehouse/tables.ts';
import type { AttributionCauseName } from '../domain/causes.ts';
import { AttributionCause, AttributionStatus } from './enums.ts';
import { Lazy } from './lazy.ts';
import { Decimal, Id } from './scalars.ts';
import { IsStorableText } from './validation.ts';

@ObjectType({ description: 'Number of conversions that changed for a cause.', simpleResolvers: true })
export class CauseCount {
  @Field(() => AttributionCause, { description: 'The cause.' })
  cause!: AttributionCauseName;

  @Field(() => Int, { description: 'Number of conversions that changed for it at least once.' })
  conversions!: number;
}

@ObjectType({
  description:
    'Conversions that went from one status and iteration to another, or changed within them. `changes` lists them, with ' +
    '`sinceBuild`, `throughBuild` and, as `change`, `before: {status: […], iterationIds: […]}` and the same for `after`. For new conversions, use ' +
    '`kinds: [NEW]` instead of `before`. For conversions that are gone, use `kinds: [GONE]` instead of `after`.',
  simpleResolvers: true,
})
export class ConversionMove {
  @Field(() => AttributionStatus, {
    nullable: true,
    description: 'Status in the older build; null for new conversions.',
  })
  statusBefore!: AttributionStatusName | null;

  @Field(() => Id, { nullable: true, description: 'Id of the iteration in the older build; null if it was none.' })
  iterationIdBefore!: string | null;

  @Field(() => AttributionStatus, {
    nullable: true,
    description: 'Status in the newer build; null for conversions that are gone.',
  })
  statusAfter!: AttributionStatusName | null;

  @Field(() => Id, { nullable: true, description: 'Id of the iteration in the newer build; null if it is none.' })
  iterationIdAfter!: string | null;

  @Field(() => Int, { description: 'Number of conversions.' })
  conversions!: number;

  @Field(() => Decimal, { description: 'Sum of their payouts in the older build.' })
  payoutBefore!: string;

  @Field(() => Decimal, { description: 'Sum of their payouts in the newer build.' })
  payoutAfter!: string;
}

@ObjectType({
  description:
    'What an iteration gained and lost. `changes` lists the conversions, with `filter: {iterationIds: […]}`; what it gained or kept, with ' +
    '`change: {after: {iterationIds: […]}}`.',
  simpleResolvers: true,
})
export class IterationChange {
  @Field(() => Id, { description: 'Id of the iteration.' })
  iterationId!: string;

  @Field(() => Int, { description: 'Number of conversions that it has in the newer build only.' })
  gained!: number;

  @Field(() => Int, { description: 'Number of conversions that it had in the older build only.' })
  lost!: number;

  @Field(() => Int, { description: 'Number of conversions that it has in both builds, with a difference.' })
  corrected!: number;

  @Field(() => Decimal, { description: 'Sum of the payouts of `gained`.' })
  payoutGained!: string;

  @Field(() => Decimal, { description: 'Sum of the payouts of `lost`, in the older build.' })
  payoutLost!: string;

  @Field(() => Decimal, { description: 'Payout of `corrected` in the newer build, less that in the older one.' })
  payoutCorrected!: string;
}

@ObjectType({ description: 'What differs between two builds.', simpleResolvers: true })
export class BuildDiff {
  @Field(() => Id, { description: 'Id of the older build: `sinceBuild` of `changes`.' })
  from!: string;

  @Field(() => Id, { description: 'Id of the newer build: `throughBuild` of `changes`.' })
  to!: string;

  @Lazy()
  @Field(() => Int, { description: 'Number of conversions that differ.' })
  changed!: () => Promise<number>;

  @Lazy()
  @Field(() => Int, { description: 'Number of different `moves`, of which at most 1000 are listed.' })
  moveCount!: () => Promise<number>;

  /** The largest of `moves`. Not a field. */
  largestMoves!: (first: number) => Promise<ConversionMove[]>;

  @Lazy()
  @Field(() => Int, { description: 'Number of iterations that differ, of which at most 1000 are listed.' })
  iterationCount!: () => Promise<number>;

  /** The first of `iterations`. Not a field. */
  mostChanged!: (first: number) => Promise<IterationChange[]>;

  @Lazy()
  @Field(() => [CauseCount], {
    description:
      'Conversions that differ, by cause, most first. One that changed several times for several causes counts for each.',
  })
  causes!: () => Promise<CauseCount[]>;
}

@ArgsType()
export class BuildDiffArgs {
  @Field(() => Id, { description: 'Id of the older build.' })
  @IsStorableText()
  from!: string;

  @Field(() => Id, { nullable: true, description: 'Id of the newer build; the build being served if omitted.' })
  @IsOptional()
  @IsStorableText()
  to?: string | null;
}

@ArgsType()
export class LargestArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 100,
    description: `The maximum number of entries to return, 1 to ${maxPageSize}.`,
  })
  @IsOptional()
  @Min(1, { message: `must be from 1 to ${maxPageSize}` })
  @Max(maxPageSize, { message: `must be from 1 to ${maxPageSize}` })
  first?: number | null;
}
