import { Field, ObjectType } from 'type-graphql';
import { expect, test } from 'vitest';
import { buildApiSchema } from '../../src/resolvers/index.ts';
import { Lazy } from '../../src/schema/lazy.ts';

@ObjectType()
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

test('a field that holds a function and is not marked is found when the schema is built', async () => {
  // Without the mark, a compiled operation would send the function as a value.
  await expect(buildApiSchema()).rejects.toThrow(`needs @Lazy(): ${Example.name}.unmarked, ${Example.name}.method`);
});
