import { IsOptional } from 'class-validator';
import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import {
  checks,
  type QualityCheckName,
  qualityChecks,
  type SeverityName,
  type SubjectKind,
} from '../domain/quality.ts';
import { describedEnum } from './enums.ts';
import { type Connection, connectionType, PageArgs } from './page.ts';
import { DateTime, Id } from './scalars.ts';
import type { TimeValue } from './time-fields.ts';
import { IsStorableText } from './validation.ts';

export const DataQualityCheck = describedEnum(
  'DataQualityCheck',
  'Checks of the data behind a build.',
  Object.fromEntries(qualityChecks.map((name) => [name, `${checks[name].meaning} ${checks[name].remedy}`])) as Record<
    QualityCheckName,
    string
  >,
);

export const Severity = describedEnum('Severity', 'Severity of a finding.', {
  ERROR: 'A push would send wrong metrics to AdSuite. Pushes are refused unless overridden.',
  WARNING: 'Attribution handles it, but the source data should be checked.',
} satisfies Record<SeverityName, string>);

export const DataQualitySubjectKind = describedEnum('DataQualitySubjectKind', 'Kind of a subject, and so of its id.', {
  ITERATION: 'An iteration in AdSuite. It may not exist.',
  STRATEGY: 'A strategy in AdSuite.',
  CAMPAIGN: 'A campaign in AdGem.',
  OFFER: 'An offer in Tune.',
  CLICK: 'A click.',
  CONVERSION: 'A conversion.',
  TABLE: 'A warehouse table, by name.',
} satisfies Record<SubjectKind, string>);

@ObjectType({
  description: 'A build that first or last found a problem, or no longer found it.',
  simpleResolvers: true,
})
export class DataQualityBuild {
  /** Number of the build. Its id is a field of its own, because it must be looked up. */
  number!: string;

  @Field(() => DateTime, { description: 'Start of the run that made the build.' })
  at!: TimeValue;
}

@ObjectType({ description: 'An object in which a check found a problem.', simpleResolvers: true })
export class DataQualitySubject {
  @Field(() => Id, { description: 'Id in the source system. `DataQualityFinding.subjectKind` gives its kind.' })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What is wrong with it, for display; times are UTC. Null if there is nothing to add to the check.',
  })
  detail!: string | null;
}

/** A subject, with the check and the build that found it. */
export interface SubjectSource extends DataQualitySubject {
  readonly check: QualityCheckName;
  readonly build: string;
}

@ObjectType({ description: 'What a check found in the build being served.', simpleResolvers: true })
export class DataQualityFinding {
  @Field(() => DataQualityCheck, { description: 'The check.' })
  check!: QualityCheckName;

  @Field(() => Severity, { description: 'Severity. An ERROR blocks pushes.' })
  severity!: SeverityName;

  @Field(() => String, { description: 'What the finding means, for display.' })
  meaning!: string;

  @Field(() => String, { description: 'How to fix it, for display.' })
  cure!: string;

  @Field(() => Int, { description: 'Number of affected subjects.' })
  count!: number;

  @Field(() => DataQualitySubjectKind, { description: 'Kind of the subjects.' })
  subjectKind!: SubjectKind;

  @Field(() => [DataQualitySubject], {
    description:
      'At most ten of the affected subjects, worst first, then by id. `dataQualitySubjects` lists more of them.',
  })
  subjects!: DataQualitySubject[];
}

/** A finding, with the id of the build that has it. */
export interface FindingSource extends DataQualityFinding {
  readonly build: string;
}

@ArgsType()
export class DataQualityArgs {
  @Field(() => Severity, { nullable: true, description: 'Only findings of this severity; all if omitted.' })
  severity?: SeverityName | null;
}

export const DataQualitySubjectConnection = connectionType(
  DataQualitySubject,
  'DataQualitySubject',
  'subjects of a check, worst first, then by id',
);

/** A page of subjects, with the build and the number of all subjects. */
export interface SubjectConnectionSource extends Connection<DataQualitySubject> {
  readonly build: string;
  readonly count: number;
}

@ArgsType()
export class DataQualitySubjectsArgs extends PageArgs {
  @Field(() => DataQualityCheck, { description: 'The check.' })
  check!: QualityCheckName;

  @Field(() => Id, {
    nullable: true,
    description:
      'Id of the build; the build being served if omitted. Pass `build` of the first page with the following ones, so that ' +
      'a new build does not make their cursors invalid.',
  })
  @IsOptional()
  @IsStorableText()
  build?: string | null;
}
