import { IsOptional, ValidateNested } from 'class-validator';
import { ArgsType, Field, Float, InputType, Int, ObjectType } from 'type-graphql';
import { describedEnum } from './enums.ts';
import { connectionType, PageArgs } from './page.ts';
import { PushFinding } from './push-plan.ts';
import { PushRow, PushRowState } from './push-values.ts';
import { InstantRangeInput } from './range.ts';
import { DateTime, Id } from './scalars.ts';
import { IsList, IsRange, IsStorableText } from './validation.ts';

export const PushState = describedEnum('PushState', 'Where a run stands, or how it ended.', {
  RUNNING: 'It is being sent.',
  SUCCEEDED:
    'AdSuite accepted every row, or has a newer one; also a dry run, one with nothing to send, and a retry that a newer ' +
    'push has overtaken.',
  PARTIAL: 'AdSuite accepted some rows; retryPush sends the others again.',
  FAILED: 'AdSuite accepted none of the rows; reason, or else the rows, say why.',
  CANCELLED: 'Somebody cancelled it; what was sent before stays sent.',
  REFUSED: 'A guard refused it, and nothing was sent; findings say why.',
});

@ObjectType({ description: 'How many rows of a run stand where.', simpleResolvers: true })
export class PushCounts {
  @Field(() => Int, { description: 'All rows of the run.' })
  planned!: number;

  @Field(() => Int, { description: 'AdSuite has them.' })
  accepted!: number;

  @Field(() => Int, { description: 'AdSuite has newer ones.' })
  stale!: number;

  @Field(() => Int, { description: 'AdSuite refused them.' })
  rejected!: number;

  @Field(() => Int, { description: 'Sent, without an answer.' })
  unknown!: number;

  @Field(() => Int, {
    description:
      'Not sent yet, or to be sent again. In a run that has ended: AdSuite did not apply them; retryPush sends them.',
  })
  pending!: number;
}

@ObjectType({ description: 'How far a run has come.', simpleResolvers: true })
export class PushProgress {
  @Field(() => Int, { description: 'Rows that have come to an end.' })
  settled!: number;

  @Field(() => Int, { description: 'Rows that were in a request, answered or not.' })
  sent!: number;

  @Field(() => Int, { description: 'Requests to AdSuite so far, those that were repeated included.' })
  requests!: number;

  @Field(() => Float, { nullable: true, description: 'Rows per second since it began; null before the first.' })
  rowsPerSecond!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Seconds left at that rate; null where that can not be told, 0 once it has ended.',
  })
  secondsLeft!: number | null;

  @Field(() => String, { nullable: true, description: 'Why the last request that failed did.' })
  lastFailure!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When that was.' })
  lastFailureAt!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the next request is due, while the run waits: for Retry-After, back-off, the circuit breaker or the retry budget. ' +
      'lastFailure says why; where that is null, a request of an earlier run is the cause. Null when the run does not wait, ' +
      'and after its end.',
  })
  nextAttemptAt!: string | null;
}

@ObjectType({ description: 'Who sent a run although guards found something, and why.', simpleResolvers: true })
export class PushOverride {
  @Field(() => String, { description: 'Why, in their words.' })
  reason!: string;

  @Field(() => String, { description: 'Who, as the caller said.' })
  by!: string;

  @Field(() => DateTime, { description: 'When.' })
  at!: string;
}

@ObjectType({ description: 'Who asked to end a run early.', simpleResolvers: true })
export class PushCancel {
  @Field(() => String, {
    nullable: true,
    description: 'Who, as the caller said; null where it was cancelled before that was kept.',
  })
  by!: string | null;

  @Field(() => DateTime, { description: 'When.' })
  at!: string;
}

@ObjectType({
  description: 'One push: what was asked for, what was sent, and what became of each row.',
  simpleResolvers: true,
})
export class PushRun {
  @Field(() => Id, { description: 'Its id.' })
  id!: string;

  @Field(() => PushState, { description: 'Where it stands, or how it ended.' })
  state!: keyof typeof PushState;

  @Field(() => Boolean, { description: 'Whether it only recorded a plan.' })
  dryRun!: boolean;

  @Field(() => Id, { description: 'The build whose values it sends.' })
  build!: string;

  @Field(() => Int, { description: "The build's number: the version of every row." })
  version!: number;

  @Field(() => String, { description: 'The hash of its plan.' })
  planHash!: string;

  @Field(() => String, { nullable: true, description: "The caller's name for it." })
  idempotencyKey!: string | null;

  @Field(() => String, { description: 'Who asked for it, as the caller said.' })
  requestedBy!: string;

  @Field(() => PushOverride, { nullable: true, description: 'Where guards were overridden.' })
  override!: PushOverride | null;

  @Field(() => PushCancel, {
    nullable: true,
    description:
      'Who first asked to end it early, and when; null if nobody did. A run that was through before that took effect has ' +
      'ended as if nobody had.',
  })
  cancelled!: PushCancel | null;

  @Field(() => [PushFinding], { description: 'What the guards found: why it was refused, or what was overridden.' })
  findings!: PushFinding[];

  @Field(() => String, { nullable: true, description: 'Why it was refused, in one text; null if it was not.' })
  refusal!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it ended before it was through, and what to do where AdSuite has newer versions than the newest build; null ' +
      'otherwise.',
  })
  reason!: string | null;

  @Field(() => Id, { nullable: true, description: 'The run whose rows it sends once more.' })
  retryOf!: string | null;

  @Field(() => PushCounts, { description: 'How many of its rows stand where.' })
  counts!: PushCounts;

  @Field(() => PushProgress, { description: 'How far it has come.' })
  progress!: PushProgress;

  @Field(() => DateTime, { description: 'When it was recorded.' })
  startedAt!: string;

  @Field(() => DateTime, { nullable: true, description: 'When it ended; null while it has not.' })
  finishedAt!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Since when its rows are deleted, as they are kept only for so long after its end (PUSH_KEEP_DAYS); null while they ' +
      'are there. What is told here of the run stays, counts too.',
  })
  rowsDeletedAt!: string | null;
}

export const PushRowConnection = connectionType(PushRow, 'PushRow', "rows of a run, in the order of iterations' ids");
export const PushRunConnection = connectionType(PushRun, 'PushRun', 'runs, newest first');

@InputType({ description: 'Which runs: every condition that is given must hold.' })
export class PushRunFilter {
  @Field(() => [PushState], { nullable: true, description: 'In one of these states.' })
  @IsOptional()
  @IsList()
  states?: (keyof typeof PushState)[] | null;

  @Field(() => String, { nullable: true, description: 'Asked for by this caller.' })
  @IsOptional()
  @IsStorableText()
  requestedBy?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Only dry runs, or only those that are none.' })
  isDryRun?: boolean | null;

  @Field(() => InstantRangeInput, { nullable: true, description: 'Recorded in this span of time.' })
  @IsOptional()
  @IsRange()
  startedBetween?: InstantRangeInput | null;
}

@ArgsType()
export class PushRunsArgs extends PageArgs {
  @Field(() => PushRunFilter, { nullable: true, description: 'Which runs; all if left out.' })
  @IsOptional()
  @ValidateNested()
  filter?: PushRunFilter | null;
}

@ArgsType()
export class PushRowsArgs extends PageArgs {
  @Field(() => [PushRowState], { nullable: true, description: 'Only rows in one of these states.' })
  @IsOptional()
  @IsList()
  states?: (keyof typeof PushRowState)[] | null;
}

@ArgsType()
export class PushRunByIdArgs {
  @Field(() => Id, { description: "The run's id." })
  @IsStorableText()
  id!: string;
}
