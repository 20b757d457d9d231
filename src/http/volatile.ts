import { type DocumentNode, type GraphQLSchema, Kind, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import { Extensions } from 'type-graphql';

const extension = 'isVolatile';

/**
 * Marks a field whose value can change while the served build stays: it depends on the clock, on the ledger, on AdSuite, or on
 * tables that builds share. The marks of the fields below it do not matter.
 */
export const Volatile = (): PropertyDecorator & MethodDecorator =>
  Extensions({ [extension]: true }) as PropertyDecorator & MethodDecorator;

/** Whether a field is marked. */
export const isVolatileField = ({ extensions }: { readonly extensions: object }): boolean =>
  (extensions as Readonly<Record<string, unknown>>)[extension] === true;

/** `isVolatile` for documents that are parsed once and used often. */
export function rememberVolatile(schema: GraphQLSchema): (document: DocumentNode) => boolean {
  const known = new WeakMap<DocumentNode, boolean>();
  return (document) => {
    const found = known.get(document) ?? isVolatile(schema, document);
    known.set(document, found);
    return found;
  };
}

/**
 * Whether a valid document has a volatile field or an operation that is not a query, whether or not `@skip` or `@include`
 * excludes them.
 */
export function isVolatile(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let found = false;
  const isFound = () => {
    const field = types.getFieldDef();
    found ||= Boolean(field && isVolatileField(field));
  };
  visit(document, visitWithTypeInfo(types, { Field: { enter: isFound } }));
  return (
    found || document.definitions.some((node) => node.kind === Kind.OPERATION_DEFINITION && node.operation !== 'query')
  );
}
