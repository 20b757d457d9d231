import { IsOptional, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, ObjectType } from 'type-graphql';
import { maxSavedNameLength, maxSavedTextLength } from '../config/limits.ts';
import { connectionType } from './page.ts';
import { DateTime, Id } from './scalars.ts';
import { IsStorableText } from './validation.ts';

@ObjectType({
  description: 'A query that a caller keeps under a name. All callers can read it.',
  simpleResolvers: true,
})
export class SavedQuery {
  @Field(() => Id, { description: 'Id of the saved query.' })
  id!: string;

  @Field(() => String, { description: 'Name; no two saved queries have the same one.' })
  name!: string;

  @Field(() => String, {
    description: 'GraphQL document. It was valid when it was saved, and may not be any more.',
  })
  document!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Variables: a JSON object as text, as it was saved; null if there are none.',
  })
  variables!: string | null;

  @Field(() => String, {
    description:
      'Who saved it first: the name of the API key, or `jwt:` and the subject of the token; `unauthenticated` on a service ' +
      'without authentication.',
  })
  owner!: string;

  @Field(() => DateTime, { description: 'When it was saved first.' })
  savedAt!: string;

  @Field(() => DateTime, { description: 'When it was saved last.' })
  updatedAt!: string;

  @Field(() => Boolean, {
    description:
      'True if the caller may replace and delete it: its owner, and operators. Without authentication always true.',
  })
  mayChange!: boolean;
}

export const SavedQueryConnection = connectionType(
  SavedQuery,
  'SavedQuery',
  'saved queries, sorted by name (code points)',
);

@ArgsType()
export class SavedQueryByIdArgs {
  @Field(() => Id, { description: 'Id of the saved query.' })
  @IsStorableText()
  id!: string;
}

@InputType({ description: 'A query to save.' })
export class SaveQueryInput {
  @Field(() => Id, {
    nullable: true,
    description:
      'Replaces this saved query, and may rename it. If omitted, a new one is made; see `replace` if the caller has one of this name.',
  })
  @IsOptional()
  @IsStorableText()
  id?: string | null;

  @Field(() => String, {
    description:
      `Name: 1 to ${maxSavedNameLength} characters, without line breaks and invisible characters. Blanks at its ends are ` +
      'removed, and it is kept in the Unicode form NFC.',
  })
  @IsStorableText()
  name!: string;

  @Field(() => String, {
    description:
      `GraphQL document: one or more queries that are valid now, no mutations. At most ${maxSavedTextLength.toLocaleString('en')} ` +
      'characters, and within the limits of every document.',
  })
  @IsStorableText()
  document!: string;

  @Field(() => String, {
    nullable: true,
    description: `Variables: a JSON object as text, at most ${maxSavedTextLength.toLocaleString('en')} characters.`,
  })
  @IsOptional()
  @IsStorableText()
  variables?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      "Whether the caller's own saved query of this name is replaced if `id` is omitted. If false, that fails with " +
      'SAVED_QUERY_NAME_TAKEN, so that the user can be asked first. With `id` it has no effect.',
  })
  replace?: boolean | null;
}

@ArgsType()
export class SaveQueryArgs {
  @Field(() => SaveQueryInput, { description: 'What to save.' })
  @ValidateNested()
  input!: SaveQueryInput;
}
