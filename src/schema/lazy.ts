import { type GraphQLSchema, isObjectType } from 'graphql';
import { Extensions } from 'type-graphql';

const extension = 'isLazy';

/** Marks a field whose source holds a function without arguments, so that it is computed only if the client selects it. */
export const Lazy = (): PropertyDecorator => Extensions({ [extension]: true }) as PropertyDecorator;

/**
 * Gives the marked fields of a schema a resolver that calls the function. graphql-js would find it without one, but compiled
 * operations read a field without a resolver as a value.
 */
export function resolveLazyFields(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.extensions[extension] === true) field.resolve = (source) => source[field.name]();
    }
  }
  return schema;
}
