import { Field, getMetadataStorage, ObjectType } from 'type-graphql';
import { afterAll, expect, test } from 'vitest';
import { buildApiSchema } from '../../src/resolvers/index.ts';
import { ErrorsAsValues } from '../../src/schema/getters.ts';
import { Lazy } from '../../src/schema/lazy.ts';

@ObjectType()
@ErrorsAsValues()
class Example {
  @Lazy()
  @Field(() => String)
  marked!: () => Promise<string>;

  @Field(() => String)
  unmarked!: () => Promise<string>;

  @Field(() => String)
  plain!: string;

  @Field(() => String)
  method(): string {
    return this.plain;
  }
}

// Other test files share the process, and build the schema from all classes that are known.
afterAll(() => {
  const storage = getMetadataStorage();
  const isOther = ({ target }: { target: unknown }) => target !== Example;
  storage.objectTypes = storage.objectTypes.filter(isOther);
  storage.fields = storage.fields.filter(isOther);
  storage.fieldResolvers = storage.fieldResolvers.filter(isOther);
});

test('a field that holds a function and is not marked is found when the schema is built', async () => {
  // Without the mark, a compiled operation would send the function as a value.
  await expect(buildApiSchema()).rejects.toThrow(`needs @Lazy(): ${Example.name}.unmarked, ${Example.name}.method`);
});
