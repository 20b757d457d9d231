import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import { Extensions } from 'type-graphql';
import type { Caller } from './caller.ts';
import { Forbidden } from './errors.ts';
import { mayIntrospect } from './restrictions.ts';
import { includesRole, isRole, type Role } from './roles.ts';

const extension = 'requiredRole';

/** States the role that a query or mutation requires. One without it is refused for everyone. */
export const RequiresRole = (role: Role): MethodDecorator => Extensions({ [extension]: role }) as MethodDecorator;

/** The role that a top-level field requires; null if it states none. */
export function requiredRole({ extensions }: GraphQLField<unknown, unknown>): Role | null {
  const role = extensions[extension];
  return isRole(role) ? role : null;
}

/** What an operation requires of its caller. Follows from the document, so it can be found once. */
export interface AccessRule {
  /** Of a top-level field. */
  readonly name: string;
  /** Null: no role is sufficient. */
  readonly role: Role | null;
}

/** The rules for all top-level fields of an operation, whether or not `@skip` or `@include` excludes them. */
export function accessRules(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): readonly AccessRule[] {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  return [...rootFieldNames(document, operation)].map((name) => {
    const field = fields[name];
    return { name, role: field ? requiredRole(field) : null };
  });
}

/**
 * Checks that the caller may use all top-level fields of an operation. Introspection is for callers without restrictions;
 * `INTROSPECTION` can switch it off for all.
 *
 * @throws {Forbidden}
 */
export function checkAccess(rules: readonly AccessRule[], caller: Caller): void {
  for (const { name, role } of rules) {
    if (isIntrospection(name) && !mayIntrospect(caller)) throw new Forbidden(noIntrospection);
    if (name.startsWith('__')) continue;
    if (role === null) throw new Forbidden(`${name} has no access rule, so no caller may use it.`);
    if (!includesRole(caller.role, role)) {
      throw new Forbidden(`${name} requires the role ${role}, but ${caller.name} has the role ${caller.role}.`);
    }
  }
}

const isIntrospection = (name: string): boolean => name === '__schema' || name === '__type';

const noIntrospection =
  'This key or token may not read the schema (__schema, __type). Use one without the restrictions documents-only and no-introspection.';

/** The names of the top-level fields of an operation. Visits each fragment once, as fragments can double at each level. */
export function rootFieldNames(document: DocumentNode, operation: OperationDefinitionNode): ReadonlySet<string> {
  const fragments = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  const fields: FieldNode[] = [];
  const visited = new Set<string>();
  const stack = [operation.selectionSet];
  for (let next = stack.pop(); next; next = stack.pop()) {
    for (const node of next.selections) {
      if (node.kind === Kind.FIELD) fields.push(node);
      else if (node.kind === Kind.INLINE_FRAGMENT) stack.push(node.selectionSet);
      else if (!visited.has(node.name.value)) {
        visited.add(node.name.value);
        const fragment = fragments.get(node.name.value);
        if (fragment) stack.push(fragment.selectionSet);
      }
    }
  }
  return new Set(fields.map((field) => field.name.value));
}
