import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  type VariableDefinitionNode,
  type VariableNode,
  visit,
} from 'graphql';
import { costOfField } from '../limits/field-costs.ts';
import { type Column, columnsOf } from './columns.ts';
import { NotExportable } from './errors.ts';
import { type Fragments, fieldsOf, keyOf } from './selection.ts';

/** The document of an operation, with the fragments that it uses. */
export interface PageDocument extends DocumentNode {
  readonly definitions: readonly [OperationDefinitionNode, ...FragmentDefinitionNode[]];
}

/** An operation on one list, changed so that it reads one page of it. */
export interface ListQuery {
  /** The name of the list's field. */
  readonly field: string;
  /** Its key in the answer. */
  readonly key: string;
  /** The operation with `nodes` and `pageInfo` of the list, with or without the number of all rows. */
  readonly document: (isCounting: boolean) => PageDocument;
  /** The variables that set the page. */
  readonly firstVariable: string;
  readonly afterVariable: string;
  /** The cursor at which the export starts; null: at the first row. */
  readonly after: string | null;
  /** Whether the operation asks for the number of all rows. */
  readonly isCounted: boolean;
  /** Whether `after` is a variable, so that `/graphql` answers with all pages of the same document. */
  readonly isPaged: boolean;
  /**
   * The id of the build that the arguments name. Undefined: the list is of the build that is served. Null: of another one, in the
   * cursor.
   */
  readonly build: string | null | undefined;
  readonly columns: readonly Column[];
}

/**
 * Finds the list of an operation that is valid and within the limits.
 *
 * @param variables coerced.
 * @throws {NotExportable} if the operation is not one list.
 */
export function findList(
  schema: GraphQLSchema,
  { definitions }: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): ListQuery {
  if (operation.operation !== OperationTypeNode.QUERY) throw new NotExportable('It is not a query.');
  const fragments: Fragments = new Map(
    definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  const { nodes, node, field } = listOf(schema, operation, fragments);
  const rows = rowsOf(nodes, fragments);
  const rowType = getNamedType(typeOfRows(field));
  const columns = columnsOf(schema, fragments, rows.sets, rowType);

  const taken = new Set(operation.variableDefinitions?.map(({ variable }) => variable.name.value));
  const firstVariable = freeName('exportFirst', taken);
  const afterVariable = freeName('exportAfter', taken);
  const selections = rows.sets.flatMap((set) => set?.selections ?? []);
  const pageOf = (isCounting: boolean): FieldNode => ({
    ...node,
    arguments: [
      ...(node.arguments ?? []).filter(({ name }) => !pageArguments.has(name.value)),
      argument('first', firstVariable),
      argument('after', afterVariable),
    ],
    selectionSet: selectionOf([
      { ...fieldNode('nodes'), selectionSet: selectionOf(selections) },
      { ...fieldNode('pageInfo'), selectionSet: selectionOf([fieldNode('hasNextPage'), fieldNode('endCursor')]) },
      ...(isCounting ? [fieldNode('totalCount')] : []),
    ]),
  });
  const document = (isCounting: boolean): PageDocument => {
    const page = pageOf(isCounting);
    const used = usedFragments(page, fragments);
    const names = variablesIn([page, ...used]);
    const own: OperationDefinitionNode = {
      ...operation,
      variableDefinitions: [
        ...(operation.variableDefinitions ?? []).filter(({ variable }) => names.has(variable.name.value)),
        variableDefinition(firstVariable, 'Int'),
        variableDefinition(afterVariable, 'String'),
      ],
      selectionSet: selectionOf([page]),
    };
    return { kind: Kind.DOCUMENT, definitions: [own, ...used] };
  };
  const args = getArgumentValues(field, node, variables);
  const { after } = args;
  return {
    field: field.name,
    key: keyOf(node),
    document,
    firstVariable,
    afterVariable,
    after: typeof after === 'string' ? after : null,
    isCounted: rows.isCounted,
    isPaged: node.arguments?.some(({ name, value }) => name.value === 'after' && value.kind === Kind.VARIABLE) ?? false,
    build: buildOf(field, args),
    columns,
  };
}

const pageArguments: ReadonlySet<string> = new Set(['first', 'after']);

/** The build of a list: of `changes`, the newer one, which its cursors name too. */
function buildOf({ args }: GraphQLField<unknown, unknown>, given: Readonly<Record<string, unknown>>) {
  const named = given.atBuild ?? given.throughBuild;
  if (typeof named === 'string') return named;
  return typeof given.after === 'string' && args.some(({ name }) => name === 'throughBuild') ? null : undefined;
}

const onlyOne =
  'It must have one top-level field, which is a list with pages (first, after), like conversions or metrics.';

const conditional = () => {
  throw new NotExportable('The list itself must not depend on @skip or @include. Fields of its rows may.');
};

/** The top-level field of an operation, which may be selected in several parts. */
function listOf(schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments) {
  const nodes = fieldsOf([operation.selectionSet], fragments, conditional);
  const [node] = nodes;
  const field = node && schema.getQueryType()?.getFields()[node.name.value];
  if (!field || nodes.some((each) => keyOf(each) !== keyOf(node)) || !isList(field)) throw new NotExportable(onlyOne);
  return { nodes, node, field };
}

/** Plans and drift have no `nodes`, and each page of them reads everything. */
function isList(field: GraphQLField<unknown, unknown>): boolean {
  const type = getNamedType(field.type);
  if (!isObjectType(type) || costOfField(field).isFullRead) return false;
  const names = new Set(field.args.map(({ name }) => name));
  return 'nodes' in type.getFields() && 'pageInfo' in type.getFields() && names.has('first') && names.has('after');
}

function typeOfRows({ type }: GraphQLField<unknown, unknown>) {
  const connection = getNamedType(type);
  const nodes = isObjectType(connection) ? connection.getFields().nodes : undefined;
  if (!nodes) throw new Error('a list without nodes');
  return nodes.type;
}

/** What is selected of the rows: by `nodes`, or by `edges { node }`. */
function rowsOf(nodes: readonly FieldNode[], fragments: Fragments) {
  const ways = new Map<string, (SelectionSetNode | undefined)[]>();
  const add = (way: string, { selectionSet }: FieldNode) => ways.set(way, [...(ways.get(way) ?? []), selectionSet]);
  let isCounted = false;
  const setsOf = (all: readonly FieldNode[]) => all.map(({ selectionSet }) => selectionSet);
  for (const part of fieldsOf(setsOf(nodes), fragments, conditional)) {
    const name = part.name.value;
    if (name === 'totalCount') isCounted = true;
    if (name === 'nodes') add(keyOf(part), part);
    if (name !== 'edges') continue;
    for (const inner of fieldsOf([part.selectionSet], fragments, conditional))
      if (inner.name.value === 'node') add(`${keyOf(part)}.${keyOf(inner)}`, inner);
  }
  const [sets, ...others] = ways.values();
  if (!sets) throw new NotExportable('Select the rows of the list: nodes { … } or edges { node { … } }.');
  if (others.length > 0)
    throw new NotExportable(`Select the rows of the list once, not as ${[...ways.keys()].join(' and ')}.`);
  return { sets, isCounted };
}

/** The fragments that a field uses, directly or through others. */
function usedFragments(field: FieldNode, fragments: Fragments): readonly FragmentDefinitionNode[] {
  const used = new Set<FragmentDefinitionNode>();
  const add = ({ name }: { readonly name: { readonly value: string } }) => {
    const fragment = fragments.get(name.value);
    if (fragment) used.add(fragment);
  };
  visit(field, { FragmentSpread: add });
  // Comes to those that are added meanwhile, too.
  for (const fragment of used) visit(fragment, { FragmentSpread: add });
  return [...used];
}

function variablesIn(nodes: readonly (FieldNode | FragmentDefinitionNode)[]): ReadonlySet<string> {
  const names = new Set<string>();
  const add = ({ name }: VariableNode) => {
    names.add(name.value);
  };
  for (const node of nodes) visit(node, { Variable: add });
  return names;
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  while (taken.has(name)) name = `${name}_`;
  return name;
}

const nameNode = (value: string) => ({ kind: Kind.NAME, value }) as const;
const fieldNode = (name: string): FieldNode => ({ kind: Kind.FIELD, name: nameNode(name) });
const selectionOf = (selections: SelectionSetNode['selections']): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections,
});
const variableNode = (name: string): VariableNode => ({ kind: Kind.VARIABLE, name: nameNode(name) });
const argument = (name: string, variable: string): ArgumentNode => ({
  kind: Kind.ARGUMENT,
  name: nameNode(name),
  value: variableNode(variable),
});
const variableDefinition = (name: string, type: string): VariableDefinitionNode => ({
  kind: Kind.VARIABLE_DEFINITION,
  variable: variableNode(name),
  type: { kind: Kind.NAMED_TYPE, name: nameNode(type) },
});
