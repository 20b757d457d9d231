import { IsOptional, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, Int } from 'type-graphql';
import {
  defaultPageSize,
  defaultWaitSeconds,
  maxListLength,
  maxNameLength,
  maxPageSize,
  maxReasonLength,
  maxWaitSeconds,
} from '../config/limits.ts';
import { Id } from './scalars.ts';
import { IsList, IsSourceId, IsStorableText } from './validation.ts';

/** An optional text of the caller: its own name, or an idempotency key. */
function Name(description: string): PropertyDecorator {
  return all(
    Field(() => String, { nullable: true, description: `${description} 1 to ${maxNameLength} characters.` }),
    IsOptional(),
    Matches(/\S/, { message: 'must not be blank' }),
    MaxLength(maxNameLength, { message: `must have at most ${maxNameLength} characters` }),
    IsStorableText(),
  );
}

const RequestedBy = () =>
  Name(
    'A note about who or what makes the request. An authenticated caller is recorded by its own name, and the note beside it: ' +
      'in `note` of a new run, and in the audit log. On a service without authentication, it is recorded as `requestedBy`.',
  );

function WaitSeconds(): PropertyDecorator {
  return all(
    Field(() => Int, {
      nullable: true,
      defaultValue: defaultWaitSeconds,
      description: `Seconds to wait for the run to end before responding, 0 to ${maxWaitSeconds}. The run continues either way; poll \`pushRun\`.`,
    }),
    IsOptional(),
    Min(0, { message: `must be from 0 to ${maxWaitSeconds}` }),
    Max(maxWaitSeconds, { message: `must be from 0 to ${maxWaitSeconds}` }),
  );
}

const all =
  (...decorators: readonly (PropertyDecorator | MethodDecorator)[]): PropertyDecorator =>
  (target, property) => {
    // In the order of stacked decorators: last one first.
    for (const decorate of decorators.toReversed()) (decorate as PropertyDecorator)(target, property);
  };

@InputType({
  description:
    'Sends despite the findings of guards. The reason, the requester and the time are recorded with the run.',
})
export class PushOverrideInput {
  @Field(() => String, { description: `Why the findings are acceptable; 1 to ${maxReasonLength} characters.` })
  @Matches(/\S/, { message: 'must not be blank' })
  @MaxLength(maxReasonLength, { message: `must have at most ${maxReasonLength} characters` })
  @IsStorableText()
  reason!: string;
}

@InputType({
  description:
    'What to push, and how. An empty input pushes every iteration whose values differ from those that AdSuite accepted last.',
})
export class PushMetricsInput {
  @Field(() => [Id], {
    nullable: true,
    description: `Only these iterations; at most ${maxListLength}. With strategyIds, each must be in one of those strategies.`,
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

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      'Also send values that AdSuite has already accepted, to restore those that it lost (LOST in `pushDrift`). Values that ' +
      'AdSuite still has do not change.',
  })
  resend?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description:
      '`planHash` of `planMetricsPush`: send exactly that plan, or fail with PLAN_CHANGED if the data has changed since.',
  })
  @IsOptional()
  @Matches(/\S/, { message: 'must be a planHash from planMetricsPush' })
  @MaxLength(128, { message: 'must be a planHash from planMetricsPush' })
  @IsStorableText()
  planHash?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'Record the plan as a finished run and send nothing.',
  })
  dryRun?: boolean | null;

  @Field(() => PushOverrideInput, { nullable: true, description: 'Send despite the findings of guards.' })
  @IsOptional()
  @ValidateNested()
  override?: PushOverrideInput | null;

  @Name(
    'Key that makes the request safe to repeat, for example the id of a DAG run. The same key with the same input returns the ' +
      'same run; with other input, or from another authenticated caller, it fails with IDEMPOTENCY_KEY_REUSED.',
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
    description: 'The input of `pushMetrics`. Only `iterationIds`, `strategyIds` and `resend` affect the plan.',
  })
  @ValidateNested()
  input!: PushMetricsInput;

  @Field(() => Int, {
    nullable: true,
    defaultValue: defaultPageSize,
    description: `Page size: the maximum number of rows to return, 0 to ${maxPageSize}. The totals always cover all iterations.`,
  })
  @IsOptional()
  @Min(0, { message: `must be from 0 to ${maxPageSize}` })
  @Max(maxPageSize, { message: `must be from 0 to ${maxPageSize}` })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Return the rows that follow this cursor: the `endCursor` of the previous page of the same plan. If the data have changed, the ' +
      'error is PLAN_CHANGED: begin again with the first page.',
  })
  @IsOptional()
  @IsStorableText()
  after?: string | null;
}

@ArgsType()
export class PushMetricsArgs {
  @Field(() => PushMetricsInput, { description: 'What to push, and how.' })
  @ValidateNested()
  input!: PushMetricsInput;
}

@ArgsType()
export class RunArgs {
  @Field(() => Id, { description: 'Id of the run.' })
  @IsStorableText()
  runId!: string;

  @RequestedBy()
  requestedBy?: string | null;

  @WaitSeconds()
  waitSeconds?: number | null;
}

@ArgsType()
export class RetryPushArgs extends RunArgs {
  @Name(
    'Key that makes the request safe to repeat. The same key for the same run returns the same retry; a key used for another ' +
      'run or a push, or by another authenticated caller, fails with IDEMPOTENCY_KEY_REUSED.',
  )
  idempotencyKey?: string | null;
}
