import { ArrayUnique, IsOptional, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, Int, ObjectType } from 'type-graphql';
import { defaultStatesPageSize, maxPageSize } from '../config/limits.ts';
import type { ChangeFilter, ChangeKindName } from '../db/warehouse/queries/history-sides.ts';
import type { AttributionCauseName } from '../domain/causes.ts';
import { Conversion, ConversionFilterInput } from './conversion.ts';
import { AttributionCause, describedEnum } from './enums.ts';
import { Lazy } from './lazy.ts';
import { type Connection, connectionType, PageArgs } from './page.ts';
import { Id } from './scalars.ts';
import { filterDescription, IsList, IsStorableText } from './validation.ts';

export const ChangeKind = describedEnum('ChangeKind', 'How the states of a conversion in two builds differ.', {
  NEW: 'The older build does not have the conversion.',
  GONE: 'The newer build does not have the conversion.',
  DIFFERENT: 'Both builds have the conversion, with a difference.',
} satisfies Record<ChangeKindName, string>);

@ObjectType({
  description:
    'A conversion whose states in two builds differ. `strategy` and `iteration` are those of the build being served.',
  simpleResolvers: true,
})
export class ConversionChange {
  @Field(() => Id, { description: 'Id of the event in the event stream.' })
  id!: string;

  @Field(() => Conversion, { nullable: true, description: 'The conversion in `sinceBuild`; null if it is new.' })
  before!: Conversion | null;

  @Field(() => Conversion, { nullable: true, description: 'The conversion in `throughBuild`; null if it is gone.' })
  after!: Conversion | null;

  @Lazy()
  @Field(() => [AttributionCause], {
    description: 'The causes of its changes between the two builds, each once, in the order in which they occurred.',
  })
  causes!: () => Promise<readonly AttributionCauseName[]>;
}

export const ChangeConnection = connectionType(
  ConversionChange,
  'ConversionChange',
  'changed conversions, by event id',
);

/** A page of changes, with the build that all pages compare with. */
export interface ChangeConnectionSource extends Connection<ConversionChange> {
  readonly throughBuild: string;
}

@InputType('ConversionChangeFilter', { description: filterDescription('changes of conversions') })
export class ChangeFilterInput implements ChangeFilter {
  @Field(() => [ChangeKind], { nullable: true, description: 'How the states differ.' })
  @IsOptional()
  @IsList()
  @ArrayUnique({ message: 'has a duplicate kind' })
  kinds?: ChangeKindName[] | null;

  @Field(() => ConversionFilterInput, {
    nullable: true,
    description: 'Only conversions whose state in `sinceBuild` matches: excludes new ones.',
  })
  @IsOptional()
  @ValidateNested()
  before?: ConversionFilterInput | null;

  @Field(() => ConversionFilterInput, {
    nullable: true,
    description: 'Only conversions whose state in `throughBuild` matches: excludes those that are gone.',
  })
  @IsOptional()
  @ValidateNested()
  after?: ConversionFilterInput | null;

  @Field(() => [AttributionCause], {
    nullable: true,
    description: 'Only conversions that changed for one of these causes at least once between the two builds.',
  })
  @IsOptional()
  @IsList()
  @ArrayUnique({ message: 'has a duplicate cause' })
  causes?: AttributionCauseName[] | null;
}

@ArgsType()
export class ChangesArgs extends PageArgs {
  @Field(() => Id, {
    description:
      'Id of the older build: the `throughBuild` of the changes that were read last, or the build of a full read.',
  })
  @IsStorableText()
  sinceBuild!: string;

  @Field(() => Id, {
    nullable: true,
    description:
      'Id of the newer build; the build being served if omitted, or that of the first page with an `after` cursor. If `sinceBuild` is ' +
      'newer than the build being served, it is `sinceBuild`, and nothing has changed.',
  })
  @IsOptional()
  @IsStorableText()
  throughBuild?: string | null;

  @Field(() => ConversionFilterInput, {
    nullable: true,
    description:
      'Only conversions whose state in the older build or in the newer one matches, which includes conversions that no longer ' +
      'match, so that a filtered copy can delete them.',
  })
  @IsOptional()
  @ValidateNested()
  filter?: ConversionFilterInput | null;

  @Field(() => ChangeFilterInput, { nullable: true, description: 'Only conversions that changed in this way.' })
  @IsOptional()
  @ValidateNested()
  change?: ChangeFilterInput | null;
}

@ObjectType({
  description: 'A state of a conversion, which a number of consecutive builds have.',
  simpleResolvers: true,
})
export class ConversionState {
  @Field(() => AttributionCause, { description: 'Why the state began.' })
  beginCause!: AttributionCauseName;

  @Field(() => AttributionCause, {
    nullable: true,
    description: 'Why the state ended; null if the build being served has it.',
  })
  endCause!: AttributionCauseName | null;

  @Field(() => Conversion, {
    description: 'The conversion in this state. `strategy` and `iteration` are those of the build being served.',
  })
  state!: Conversion;

  /** Numbers of builds. Not fields. */
  fromNumber!: string;
  untilNumber!: string | null;
}

export const ConversionStateConnection = connectionType(
  ConversionState,
  'ConversionState',
  'states of a conversion, newest first',
);

@ArgsType()
export class StatesArgs extends PageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: defaultStatesPageSize,
    description: `Page size: the maximum number of states to return, 1 to ${maxPageSize}.`,
  })
  declare first?: number | null;
}
