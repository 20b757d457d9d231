import { IsOptional, ValidateNested } from 'class-validator';
import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import type { Order } from '../db/warehouse/order.ts';
import type { ConversionGroup } from '../db/warehouse/queries/aggregates.ts';
import type { FixOrderField, FixRow } from '../db/warehouse/queries/fixes.ts';
import type { AttributionStatusName } from '../db/warehouse/tables.ts';
import { type FixName, type FixSubject, fixes } from '../domain/fixes.ts';
import { AttributionStatus, describedEnum } from './enums.ts';
import { type OrderInput, orderType } from './order.ts';
import { connectionType, PageArgs } from './page.ts';
import { DateTime, Decimal, Id } from './scalars.ts';
import { instantOrError, type TimeValue } from './time-fields.ts';
import { IsList } from './validation.ts';

const meanings = Object.fromEntries(Object.entries(fixes).map(([name, { meaning }]) => [name, meaning]));

export const Fix = describedEnum(
  'Fix',
  'What to fix so that conversions are attributed.',
  meanings as Record<FixName, string>,
);

export const FixSubjectKind = describedEnum('FixSubject', 'What the subject of a fix is.', {
  CAMPAIGN: 'A campaign of AdGem.',
  OFFER: 'An offer in Tune.',
  STRATEGY: 'A strategy in AdSuite.',
  GOAL: 'A goal in Tune.',
} satisfies Record<FixSubject, string>);

@ObjectType({
  description: 'Something to fix, and the unattributed conversions that wait for it. Each of them waits for one fix.',
  simpleResolvers: true,
})
export class UnattributedFix {
  @Field(() => Id, { description: 'Id of this entry: the fix, and its subject. The same in every build.' })
  id!: string;

  @Field(() => Fix, { description: 'What to do.' })
  fix!: FixName;

  @Field(() => AttributionStatus, { description: 'Why the conversions are unattributed.' })
  status!: AttributionStatusName;

  @Field(() => FixSubjectKind, { nullable: true, description: 'What `subjectId` is; null if the fix has no subject.' })
  subjectKind!: FixSubject | null;

  @Field(() => Id, {
    nullable: true,
    description: 'Id of what to fix; null if the fix has no subject, or for events without a goal.',
  })
  subjectId!: string | null;

  @Field(() => String, { description: 'What to do, as a sentence for display.' })
  todo!: string;

  @Field(() => Int, { description: 'Number of conversions that wait.' })
  conversions!: number;

  @Field(() => Decimal, { description: 'Sum of their payouts; a null payout counts as 0.' })
  payout!: string;

  @Field(() => DateTime, { description: 'Time of the oldest conversion that waits.' })
  oldestConversionAt!: TimeValue;

  /** Not in the schema: the first build since which a conversion waits, and the conversions, for `drillDown`. */
  sinceBuildNumber!: string | null;
  group!: ConversionGroup;
}

export function toFix(row: FixRow): UnattributedFix {
  const { status, subject, sentence } = fixes[row.fix];
  return {
    id: row.id,
    fix: row.fix,
    status,
    subjectKind: subject,
    subjectId: row.subject_id,
    todo: sentence(row.subject_id),
    conversions: Number(row.conversions),
    payout: row.payout,
    oldestConversionAt: instantOrError(row.first_converted_at, 'UnattributedFix', row.id, 'converted_at'),
    sinceBuildNumber: row.waiting_since_build_number,
    group: groupOf(row),
  };
}

function groupOf({ fix, subject_id: id }: FixRow): ConversionGroup {
  const { status, subject } = fixes[fix];
  // Two fixes have this status; without a campaign it is this one.
  const dimension = fix === 'SEND_CAMPAIGN_ID' ? 'CAMPAIGN' : subject;
  if (dimension === null) return { dimensions: ['STATUS'], key: [status], filter: {} };
  return { dimensions: ['STATUS', dimension], key: [status, id], filter: {} };
}

export const UnattributedFixConnection = connectionType(UnattributedFix, 'UnattributedFix', 'things to fix');

export const FixOrder = orderType<FixOrderField>(
  'UnattributedFix',
  'things to fix',
  {
    ID: 'Id of the entry, as text. The only order that stays stable when a new build changes the totals.',
    CONVERSIONS: 'Number of conversions that wait.',
    PAYOUT: 'Sum of their payouts.',
    OLDEST_CONVERSION: 'Time of the oldest conversion.',
    WAITING_SINCE: 'Build since which a conversion waits.',
  },
  'DESC',
);

export const defaultFixOrder: Order<FixOrderField> = { field: 'CONVERSIONS', direction: 'DESC' };

@ArgsType()
export class UnattributedByArgs extends PageArgs {
  @Field(() => [Fix], { nullable: true, description: 'Only these fixes; all if omitted.' })
  @IsOptional()
  @IsList()
  fixes?: FixName[] | null;

  @Field(() => FixOrder, {
    nullable: true,
    defaultValue: defaultFixOrder,
    description: 'Sort order; most conversions first by default.',
  })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<FixOrderField> | null;
}
