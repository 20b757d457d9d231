import { type GraphQLFieldResolver, type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from 'graphql';
import { getMetadataStorage, type ValidatorFn } from 'type-graphql';
import { applyRanges } from '../connections/ranges.ts';
import type { Context } from '../context.ts';
import { hasErrorsAsValues } from '../schema/getters.ts';
import { validateArguments } from '../schema/validation.ts';

type Path = GraphQLResolveInfo['path'];

/** The arguments of a field, converted and validated. */
interface Validated {
  readonly path: Path;
  /** A promise while their ranges are applied. */
  args: object | Promise<object>;
}

/**
 * The fields of each request, by their first node. That alone is not enough: compiled operations confuse the nodes of paths whose
 * names, joined by `_`, are equal.
 */
const validated = new WeakMap<object, Map<unknown, Validated[]>>();

/** Whether paths have the same names, whatever the positions in lists: those of one field for different parents. */
function areOfOneField(one: Path, other: Path): boolean {
  let [mine, theirs]: (Path | undefined)[] = [one, other];
  for (;;) {
    while (typeof mine?.key === 'number') mine = mine.prev;
    while (typeof theirs?.key === 'number') theirs = theirs.prev;
    if (!mine || !theirs) return mine === theirs;
    if (mine.key !== theirs.key) return false;
    mine = mine.prev;
    theirs = theirs.prev;
  }
}

function knownArguments(context: object, { fieldNodes, path }: GraphQLResolveInfo): Validated['args'] | undefined {
  const known = validated.get(context)?.get(fieldNodes[0]);
  if (known) for (const each of known) if (areOfOneField(each.path, path)) return each.args;
  return undefined;
}

/** Validates the arguments of a resolver, applies their ranges, and remembers them for the other parents of the field. */
export const validateOnce: ValidatorFn = (value, _type, { context, info }) => {
  validateArguments(value);
  if (typeof value !== 'object' || value === null) return;
  const applied = applyRanges(value, (context as Context).loaders);
  if (!applied) {
    remember(value, context, info);
    return;
  }
  // The other parents wait for the same promise.
  const known = remember(
    applied.then(() => value),
    context,
    info,
  );
  return Promise.resolve(known.args).then(() => {
    known.args = value;
  });
};

function remember(args: Validated['args'], context: object, info: GraphQLResolveInfo): Validated {
  const ofRequest = validated.get(context) ?? new Map<unknown, Validated[]>();
  const ofNode = ofRequest.get(info.fieldNodes[0]) ?? [];
  const known = { path: info.path, args };
  ofNode.push(known);
  validated.set(context, ofRequest.set(info.fieldNodes[0], ofNode));
  return known;
}

/**
 * Makes the fields of lists cheap.
 *
 * A getter of a type is read as a property: type-graphql would make an object of the class for each parent first.
 *
 * For methods of resolvers, type-graphql converts and validates the arguments of a field again for each parent, though they are
 * the same for all parents in a request: they depend on the document and its variables. So type-graphql resolves the field of
 * the first parent; for the others, the method is called with the first one's arguments.
 *
 * @throws if the class of a getter lacks `@ErrorsAsValues()`, or a getter or a method has middlewares, or a parameter that is not the parent, the arguments or the context.
 */
export function callResolversDirectly(schema: GraphQLSchema): GraphQLSchema {
  const { fieldResolvers, objectTypes } = getMetadataStorage();
  for (const resolver of fieldResolvers) {
    const owner = resolver.kind === 'internal' ? resolver.target : resolver.resolverClassMetadata?.getObjectType();
    const type = schema.getType(objectTypes.find(({ target }) => target === owner)?.name ?? '');
    const field = isObjectType(type) ? type.getFields()[resolver.schemaName] : undefined;
    if (!field?.resolve) continue;
    field.resolve = resolver.kind === 'internal' ? asProperty(resolver) : directly(field.resolve, resolver);
  }
  return schema;
}

type FieldResolver = ReturnType<typeof getMetadataStorage>['fieldResolvers'][number];
type Resolve = GraphQLFieldResolver<unknown, object>;

/** A field without a resolver is read as a property. */
function asProperty({ target, methodName, params = [], middlewares = [] }: FieldResolver): undefined {
  if (!hasErrorsAsValues(target))
    throw new Error(`${target.name} has the getter ${methodName} and needs @ErrorsAsValues()`);
  if (middlewares.length > 0 || params.length > 0)
    throw new Error(`${target.name}.${methodName} has middlewares or parameters, which would be ignored`);
}

function directly(resolve: Resolve, { target, methodName, params = [], middlewares = [] }: FieldResolver): Resolve {
  if (middlewares.length > 0) throw new Error(`${methodName} has middlewares, which would not be called`);
  // The classes have no state.
  const resolver = Reflect.construct(target, []);
  const kinds = params.toSorted((one, other) => one.index - other.index).map(({ kind }) => kind);
  const unknown = kinds.find((kind) => kind !== 'root' && kind !== 'args' && kind !== 'context');
  if (unknown) throw new Error(`${methodName} has a parameter of kind ${unknown}`);
  const method: (...values: unknown[]) => unknown = resolver[methodName].bind(resolver);
  const call = callWith(method, kinds);
  if (!kinds.includes('args')) return (root, args, context) => call(root, args, context);
  return (root, args, context, info) => {
    const known = knownArguments(context, info);
    if (known === undefined) return resolve(root, args, context, info);
    return known instanceof Promise ? known.then((ready) => call(root, ready, context)) : call(root, known, context);
  };
}

/** Calls a method with parameters of these kinds. Without a list of values for those of most fields: they are called for each row. */
function callWith(method: (...values: unknown[]) => unknown, kinds: readonly string[]) {
  switch (kinds.join()) {
    case 'root':
      return (root: unknown) => method(root);
    case 'root,context':
      return (root: unknown, _args: unknown, context: object) => method(root, context);
    case 'root,args,context':
      return (root: unknown, args: unknown, context: object) => method(root, args, context);
    default:
      return (root: unknown, args: unknown, context: object) =>
        method(...kinds.map((kind) => (kind === 'root' ? root : kind === 'args' ? args : context)));
  }
}
