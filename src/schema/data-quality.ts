import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import {
  checks,
  type QualityCheckName,
  qualityChecks,
  type SeverityName,
  type SubjectKind,
} from '../domain/quality.ts';
import { describedEnum } from './enums.ts';
import { Id } from './scalars.ts';

export const DataQualityCheck = describedEnum(
  'DataQualityCheck',
  'What a build of the attribution is checked for.',
  Object.fromEntries(qualityChecks.map((name) => [name, `${checks[name].meaning} ${checks[name].remedy}`])) as Record<
    QualityCheckName,
    string
  >,
);

export const Severity = describedEnum('Severity', 'How bad a finding is.', {
  ERROR: 'A push would tell AdSuite wrong metrics, so it is refused unless it is overridden.',
  WARNING: 'Attribution copes with it, but somebody should know.',
} satisfies Record<SeverityName, string>);

export const DataQualitySubjectKind = describedEnum('DataQualitySubjectKind', 'What the id of a subject is of.', {
  ITERATION: 'An iteration in AdSuite, though it need not exist.',
  STRATEGY: 'A strategy in AdSuite.',
  CAMPAIGN: 'A campaign in AdGem.',
  OFFER: 'An offer in Tune.',
  CLICK: 'A click.',
  CONVERSION: 'A conversion.',
  TABLE: 'A table of the warehouse, by its name.',
} satisfies Record<SubjectKind, string>);

@ObjectType({ description: 'Something in which a check found a fault.', simpleResolvers: true })
export class DataQualitySubject {
  @Field(() => Id, { description: 'Its id in the source system; see subjectKind.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'What is wrong with it; times are UTC.' })
  detail!: string | null;
}

@ObjectType({ description: 'What a check found in the build that is served.', simpleResolvers: true })
export class DataQualityFinding {
  @Field(() => DataQualityCheck, { description: 'Which check.' })
  check!: QualityCheckName;

  @Field(() => Severity, { description: 'Whether it keeps a push from being sent.' })
  severity!: SeverityName;

  @Field(() => String, { description: 'What it means.' })
  meaning!: string;

  @Field(() => String, { description: 'What to do about it.' })
  cure!: string;

  @Field(() => Int, { description: 'In how many subjects.' })
  count!: number;

  @Field(() => DataQualitySubjectKind, { description: 'What the subjects are.' })
  subjectKind!: SubjectKind;

  @Field(() => [DataQualitySubject], { description: 'The first ten at most, the worst or lowest first.' })
  subjects!: DataQualitySubject[];
}

@ArgsType()
export class DataQualityArgs {
  @Field(() => Severity, { nullable: true, description: 'Only findings of this severity.' })
  severity?: SeverityName | null;
}
