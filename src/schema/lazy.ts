import { type GraphQLSchema, isObjectType } from 'graphql';
import { Extensions, getMetadataStorage } from 'type-graphql';

const extension = 'isLazy';

/** Marks a field whose source holds a function without arguments, so that it is computed only if the client selects it. */
export const Lazy = (): PropertyDecorator => Extensions({ [extension]: true }) as PropertyDecorator;

/**
 * Gives the marked fields of a schema a resolver that calls the function. graphql-js would find it without one, but compiled
 * operations read a field without a resolver as a value.
 *
 * @throws if a field of a class is a method or is declared as a function, and is not marked.
 */
export function resolveLazyFields(schema: GraphQLSchema): GraphQLSchema {
  const unmarked = getMetadataStorage().fields.filter(
    (field) => holdsFunction(field) && !field.extensions?.[extension],
  );
  if (unmarked.length > 0) {
    const names = unmarked.map(({ target, name }) => `${target.name}.${name}`);
    throw new Error(`A field that holds a function needs @Lazy(): ${names.join(', ')}`);
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.extensions[extension] === true) field.resolve = (source) => source[field.name]();
    }
  }
  return schema;
}

type FieldMetadata = ReturnType<typeof getMetadataStorage>['fields'][number];

/** Whether a field is a method or is declared as a function, by the type that the compiler emits for its decorators. */
const holdsFunction = ({ target, name }: FieldMetadata): boolean =>
  Reflect.getMetadata('design:type', target.prototype, name) === Function;
