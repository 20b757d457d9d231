import { IsOptional, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, Int, ObjectType } from 'type-graphql';
import { describedEnum } from './enums.ts';
import { connectionType, PageArgs } from './page.ts';
import { PushFinding, PushTotals } from './push-plan.ts';
import { PushProgress } from './push-progress.ts';
import { PushRow, PushRowState } from './push-values.ts';
import { InstantRangeInput } from './range.ts';
import { DateTime, Id } from './scalars.ts';
import { filterDescription, IsList, IsRange, IsStorableText } from './validation.ts';

export const PushState = describedEnum('PushState', 'State of a push run.', {
  RUNNING: 'Being delivered.',
  SUCCEEDED:
    'AdSuite accepted every row, has newer versions, or does not know the iteration (GONE). Also: dry runs, runs without rows, ' +
    'and retries superseded by a newer push.',
  PARTIAL: 'AdSuite accepted some of the rows. `retryPush` sends the others again.',
  FAILED: 'AdSuite accepted none of the rows. See `reason`, or `message` of the rows.',
  CANCELLED: 'Cancelled. Rows sent before that stay sent.',
  REFUSED: 'Refused by a guard; nothing was sent. See `findings`.',
});

@ObjectType({ description: 'Number of rows of a run by delivery state.', simpleResolvers: true })
export class PushCounts {
  @Field(() => Int, {
    description: 'Number of all rows. Of a REFUSED run: of those that it would have sent, even if `rows` lists fewer.',
  })
  planned!: number;

  @Field(() => Int, { description: 'Rows that AdSuite accepted.' })
  accepted!: number;

  @Field(() => Int, { description: 'Rows of which AdSuite has a newer version.' })
  stale!: number;

  @Field(() => Int, {
    description:
      'Rows whose iteration AdSuite does not know, and that need no retry. If the build has metrics of some, `reason` names them.',
  })
  gone!: number;

  @Field(() => Int, { description: 'Rows that AdSuite rejected.' })
  rejected!: number;

  @Field(() => Int, { description: 'Rows sent without a response.' })
  unknown!: number;

  @Field(() => Int, {
    description:
      'Rows not sent yet, or waiting for a retry. In a finished run: not applied by AdSuite; `retryPush` sends them.',
  })
  pending!: number;
}

@ObjectType({ description: 'Who overrode the findings of the guards, and why.', simpleResolvers: true })
export class PushOverride {
  @Field(() => String, { description: 'Reason, as given in the request.' })
  reason!: string;

  @Field(() => String, { description: 'Who overrode them: the `requestedBy` of the run.' })
  by!: string;

  @Field(() => DateTime, { description: 'When the run was requested.' })
  at!: string;
}

@ObjectType({ description: 'Who asked to end the wait of a run.', simpleResolvers: true })
export class PushResume {
  @Field(() => String, { description: 'Who asked, named as in `requestedBy` of the run.' })
  by!: string;

  @Field(() => DateTime, { description: 'Time of the request.' })
  at!: string;
}

@ObjectType({ description: 'Who cancelled a run.', simpleResolvers: true })
export class PushCancel {
  @Field(() => String, {
    nullable: true,
    description:
      'Who cancelled it, named as in `requestedBy` of the run; null for runs cancelled before this was recorded.',
  })
  by!: string | null;

  @Field(() => DateTime, { description: 'When the cancellation was requested.' })
  at!: string;
}

@ObjectType({
  description: 'A push run: the request, what was sent, and the result of each row.',
  simpleResolvers: true,
})
export class PushRun {
  @Field(() => Id, { description: 'Id of the run.' })
  id!: string;

  @Field(() => PushState, { description: 'State of the run.' })
  state!: keyof typeof PushState;

  @Field(() => Boolean, { description: 'True if the run only recorded a plan and sent nothing.' })
  dryRun!: boolean;

  @Field(() => Id, { description: 'Id of the build whose values are sent.' })
  build!: string;

  @Field(() => Int, { description: 'Number of the build, which is the version of every row.' })
  version!: number;

  @Field(() => String, { description: 'Hash of the plan.' })
  planHash!: string;

  @Field(() => String, { nullable: true, description: 'Idempotency key of the request; null if it had none.' })
  idempotencyKey!: string | null;

  @Field(() => String, {
    description:
      'Who requested the run: the name of the API key, or `jwt:` and the subject of the token. On a service without ' +
      'authentication, the argument `requestedBy`; `unauthenticated` if it had none.',
  })
  requestedBy!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The argument `requestedBy` of an authenticated caller: a note, not verified. Null if it had none, and on a service ' +
      'without authentication.',
  })
  note!: string | null;

  @Field(() => PushOverride, { nullable: true, description: 'Override of the guards; null if there was none.' })
  override!: PushOverride | null;

  @Field(() => PushCancel, {
    nullable: true,
    description:
      'The first request to cancel the run; null if there was none. If the run finished before the request took effect, its `state` ' +
      'is not CANCELLED.',
  })
  cancelled!: PushCancel | null;

  @Field(() => PushResume, {
    nullable: true,
    description: 'The last request to end the wait of the run (`resumePush`); null if there was none.',
  })
  resumed!: PushResume | null;

  @Field(() => [PushFinding], {
    description: 'Findings of the guards: why the run was refused, or what was overridden.',
  })
  findings!: PushFinding[];

  @Field(() => String, { nullable: true, description: 'Why the run was refused, for display; null unless REFUSED.' })
  refusal!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Why the run ended early, and what to do about rows that are STALE (AdSuite has newer versions than the newest build) or ' +
      'GONE; null if none applies.',
  })
  reason!: string | null;

  @Field(() => Id, { nullable: true, description: 'Id of the run that this run retries; null if it is not a retry.' })
  retryOf!: string | null;

  @Field(() => PushTotals, {
    description:
      'Totals of the plan: of a REFUSED run, what it would have sent. Of a retry, those of the run that it retries, except `changed`.',
  })
  totals!: PushTotals;

  @Field(() => PushCounts, { description: 'Number of rows by delivery state.' })
  counts!: PushCounts;

  /** The rows on record: a REFUSED run keeps only some of those in `counts`. Not in the API. */
  rowCounts!: PushCounts;

  @Field(() => PushProgress, { description: 'Delivery progress.' })
  progress!: PushProgress;

  @Field(() => DateTime, { description: 'When the run was recorded.' })
  startedAt!: string;

  @Field(() => DateTime, { nullable: true, description: 'When the run ended; null while RUNNING.' })
  finishedAt!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the rows were deleted, PUSH_KEEP_DAYS after the end of the run; null if they are kept. The run and its counts ' +
      'are kept.',
  })
  rowsDeletedAt!: string | null;
}

export const PushRowConnection = connectionType(PushRow, 'PushRow', 'rows of a push run, sorted by iteration id');
export const PushRunConnection = connectionType(PushRun, 'PushRun', 'push runs, newest first');

@InputType({
  description: filterDescription('push runs'),
})
export class PushRunFilter {
  @Field(() => [PushState], { nullable: true, description: 'Only runs in one of these states.' })
  @IsOptional()
  @IsList()
  states?: (keyof typeof PushState)[] | null;

  @Field(() => String, { nullable: true, description: 'Only runs whose `requestedBy` equals this text.' })
  @IsOptional()
  @IsStorableText()
  requestedBy?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'True: only dry runs. False: no dry runs.' })
  isDryRun?: boolean | null;

  @Field(() => InstantRangeInput, { nullable: true, description: 'Only runs whose `startedAt` is in this range.' })
  @IsOptional()
  @IsRange()
  startedBetween?: InstantRangeInput | null;
}

@ArgsType()
export class PushRunsArgs extends PageArgs {
  @Field(() => PushRunFilter, { nullable: true, description: 'Only runs that match; all if omitted.' })
  @IsOptional()
  @ValidateNested()
  filter?: PushRunFilter | null;
}

@ArgsType()
export class PushRowsArgs extends PageArgs {
  @Field(() => [PushRowState], { nullable: true, description: 'Only rows in one of these states; all if omitted.' })
  @IsOptional()
  @IsList()
  states?: (keyof typeof PushRowState)[] | null;
}

@ArgsType()
export class PushRunByIdArgs {
  @Field(() => Id, { description: 'Id of the run.' })
  @IsStorableText()
  id!: string;
}
