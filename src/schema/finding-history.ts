import { ArgsType, Field, ObjectType } from 'type-graphql';
import type { FindingStateName, QualityCheckName, SeverityName, SubjectKind } from '../domain/quality.ts';
import { DataQualityBuild, DataQualityCheck, DataQualitySubjectKind, Severity } from './data-quality.ts';
import { describedEnum } from './enums.ts';
import { connectionType, PageArgs } from './page.ts';
import { Id } from './scalars.ts';

export const DataQualityState = describedEnum('DataQualityState', 'Whether a finding is still there.', {
  OPEN: 'The build being served has it.',
  RESOLVED: 'The build being served no longer has it.',
} satisfies Record<FindingStateName, string>);

@ObjectType({
  description: 'A period in which all builds found a problem in an object. If it comes back, another one begins.',
  simpleResolvers: true,
})
export class DataQualityPeriod {
  @Field(() => DataQualityCheck, { description: 'The check.' })
  check!: QualityCheckName;

  @Field(() => Severity, { description: 'Severity at the last sighting.' })
  severity!: SeverityName;

  @Field(() => Id, { description: 'Id of the subject in the source system.' })
  subject!: string;

  @Field(() => DataQualitySubjectKind, { description: 'Kind of the subject.' })
  subjectKind!: SubjectKind;

  @Field(() => String, {
    nullable: true,
    description: 'What was wrong at the last sighting, for display. Null if there is nothing to add to the check.',
  })
  detail!: string | null;

  @Field(() => DataQualityBuild, { description: 'The first build that found it.' })
  firstSeen!: DataQualityBuild;

  @Field(() => DataQualityBuild, {
    description:
      'The last build that found it. An open finding may have been seen last by an older build than the one being served, if ' +
      'the check finds more subjects than a build records.',
  })
  lastSeen!: DataQualityBuild;

  @Field(() => DataQualityBuild, {
    nullable: true,
    description:
      'The first build that no longer found it, or whose models no longer have the check; null if it is still there.',
  })
  resolved!: DataQualityBuild | null;
}

export const DataQualityPeriodConnection = connectionType(
  DataQualityPeriod,
  'DataQualityPeriod',
  'periods of findings, the newest first, then by check and subject',
);

@ArgsType()
export class DataQualityHistoryArgs extends PageArgs {
  @Field(() => DataQualityCheck, { nullable: true, description: 'Only findings of this check; all if omitted.' })
  check?: QualityCheckName | null;

  @Field(() => DataQualityState, { nullable: true, description: 'Only findings in this state; all if omitted.' })
  state?: FindingStateName | null;
}
