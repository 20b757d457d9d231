import { type GraphQLFieldResolver, type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from 'graphql';
import { getMetadataStorage, type ValidatorFn } from 'type-graphql';
import { validateArguments } from '../schema/validation.ts';

/** The arguments of each field of a request, converted and validated, by the field's place in the operation. */
const validated = new WeakMap<object, Map<string, object>>();

/**
 * The names on the way to a field, without positions in lists: the same for all parents. Not the field's node, because compiled
 * operations confuse the nodes of paths whose names, joined by `_`, are equal.
 */
function placeOf({ path }: GraphQLResolveInfo): string {
  let place = '';
  for (let part: GraphQLResolveInfo['path'] | undefined = path; part; part = part.prev) {
    if (typeof part.key === 'string') place += `/${part.key}`;
  }
  return place;
}

/** Validates the arguments of a resolver, and remembers them for the other parents of the field. */
export const validateOnce: ValidatorFn = (value, _type, { context, info }) => {
  validateArguments(value);
  if (typeof value !== 'object' || value === null) return;
  const ofRequest = validated.get(context) ?? new Map();
  validated.set(context, ofRequest.set(placeOf(info), value));
};

/**
 * Makes the fields of lists cheap. type-graphql converts and validates the arguments of a field again for each parent, though
 * they are the same for all parents in a request: they depend on the document and its variables. So type-graphql resolves the
 * field of the first parent; for the others, the method is called with the first one's arguments.
 *
 * @throws if a method has middlewares, or a parameter that is not the parent, the arguments or the context.
 */
export function callResolversDirectly(schema: GraphQLSchema): GraphQLSchema {
  const { fieldResolvers, objectTypes } = getMetadataStorage();
  for (const resolver of fieldResolvers) {
    const owner = resolver.resolverClassMetadata?.getObjectType();
    const type = schema.getType(objectTypes.find(({ target }) => target === owner)?.name ?? '');
    const field = isObjectType(type) ? type.getFields()[resolver.schemaName] : undefined;
    if (field?.resolve) field.resolve = directly(field.resolve, resolver);
  }
  return schema;
}

type FieldResolver = ReturnType<typeof getMetadataStorage>['fieldResolvers'][number];
type Resolve = GraphQLFieldResolver<unknown, object>;

function directly(resolve: Resolve, { target, methodName, params = [], middlewares = [] }: FieldResolver): Resolve {
  if (middlewares.length > 0) throw new Error(`${methodName} has middlewares, which would not be called`);
  // The classes have no state.
  const resolver = Reflect.construct(target, []);
  const kinds = params.toSorted((one, other) => one.index - other.index).map(({ kind }) => kind);
  const unknown = kinds.find((kind) => kind !== 'root' && kind !== 'args' && kind !== 'context');
  if (unknown) throw new Error(`${methodName} has a parameter of kind ${unknown}`);
  const call = (root: unknown, args: unknown, context: object) =>
    resolver[methodName](...kinds.map((kind) => (kind === 'root' ? root : kind === 'args' ? args : context)));
  if (!kinds.includes('args')) return (root, args, context) => call(root, args, context);
  return (root, args, context, info) => {
    const known = validated.get(context)?.get(placeOf(info));
    return known === undefined ? resolve(root, args, context, info) : call(root, known, context);
  };
}
