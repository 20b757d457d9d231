import { IsOptional, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, Int } from 'type-graphql';
import { defaultPage, maxPage } from './page.ts';
import { Id } from './scalars.ts';
import { IsList, IsSourceId, IsStorableText } from './validation.ts';

const longestText = 500;

/** How long a caller waits for a run's end if they do not say, in seconds. */
export const defaultWaitSeconds = 20;

const longestName = 200;

/** A name that the caller gives: of itself, or of what it asks for. */
function Name(description: string): PropertyDecorator {
  return all(
    Field(() => String, { nullable: true, description: `${description} 1 to ${longestName} characters.` }),
    IsOptional(),
    Matches(/\S/, { message: 'may not be blank' }),
    MaxLength(longestName),
    IsStorableText(),
  );
}

const RequestedBy = () => Name('Who asks, for the record. Not checked: this service has no authentication yet.');

function WaitSeconds(): PropertyDecorator {
  return all(
    Field(() => Int, {
      nullable: true,
      defaultValue: defaultWaitSeconds,
      description: 'How long to wait for the end, in seconds (0 to 120). The run goes on either way; poll pushRun.',
    }),
    IsOptional(),
    Min(0, { message: 'must be from 0 to 120' }),
    Max(120, { message: 'must be from 0 to 120' }),
  );
}

const all =
  (...decorators: readonly (PropertyDecorator | MethodDecorator)[]): PropertyDecorator =>
  (target, property) => {
    // As if they stood above the property: the last one first.
    for (const decorate of decorators.toReversed()) (decorate as PropertyDecorator)(target, property);
  };

@InputType({ description: 'Sends although guards found something. Who, when and why is kept with the run.' })
export class PushOverrideInput {
  @Field(() => String, { description: `Why; 1 to ${longestText} characters.` })
  @Matches(/\S/, { message: 'must say why' })
  @MaxLength(longestText, { message: `may have ${longestText} characters at most` })
  @IsStorableText()
  reason!: string;
}

@InputType({
  description: 'What to push, and under which conditions. Empty: every iteration that AdSuite knows otherwise.',
})
export class PushMetricsInput {
  @Field(() => [Id], { nullable: true, description: 'Only these iterations.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  iterationIds?: string[] | null;

  @Field(() => [Id], { nullable: true, description: 'Only iterations of these strategies.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  strategyIds?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      'Send also what AdSuite has accepted already, where it has lost it since: pushDrift says LOST. What it still holds is ' +
      'taken for the same.',
  })
  resend?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'Of planMetricsPush: send exactly that plan, or fail with PLAN_CHANGED.',
  })
  @IsOptional()
  @Matches(/\S/, { message: 'must be a hash that planMetricsPush gave' })
  @MaxLength(128)
  @IsStorableText()
  planHash?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'Record the plan as a run that has ended, and send nothing.',
  })
  dryRun?: boolean | null;

  @Field(() => PushOverrideInput, { nullable: true, description: 'Send although guards found something.' })
  @IsOptional()
  @ValidateNested()
  override?: PushOverrideInput | null;

  @Name(
    "The caller's own name for this push, such as the id of a DAG run: the same key with the same input is the same " +
      'run, however often it is asked for; with other input it is an error.',
  )
  idempotencyKey?: string | null;

  @RequestedBy()
  requestedBy?: string | null;

  @WaitSeconds()
  waitSeconds?: number | null;
}

@ArgsType()
export class PlanPushArgs {
  @Field(() => PushMetricsInput, {
    description: 'As for pushMetrics; only iterationIds, strategyIds and resend matter here.',
  })
  @ValidateNested()
  input!: PushMetricsInput;

  @Field(() => Int, {
    nullable: true,
    defaultValue: defaultPage,
    description: `How many of the plan's rows to show: 0 to ${maxPage}.`,
  })
  @IsOptional()
  @Min(0, { message: `must be from 0 to ${maxPage}` })
  @Max(maxPage, { message: `must be from 0 to ${maxPage}` })
  first?: number | null;
}

@ArgsType()
export class PushMetricsArgs {
  @Field(() => PushMetricsInput, { description: 'What to push, and under which conditions.' })
  @ValidateNested()
  input!: PushMetricsInput;
}

@ArgsType()
export class CancelPushArgs {
  @Field(() => Id, { description: "The run's id." })
  @IsStorableText()
  runId!: string;

  @RequestedBy()
  requestedBy?: string | null;

  @WaitSeconds()
  waitSeconds?: number | null;
}

@ArgsType()
export class RetryPushArgs extends CancelPushArgs {
  @Name(
    "The caller's own name for this retry: the same key for the same run is the same retry, however often it is asked " +
      'for; for another run, or of a push, it is an error.',
  )
  idempotencyKey?: string | null;
}
