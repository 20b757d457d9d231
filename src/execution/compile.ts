import {
  BREAK,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  typeFromAST,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { countFields } from '../limits/operation-size.ts';
import { type OperationChecks, operationChecks } from './operation-checks.ts';

/** Size of an operation above which it is not compiled: that takes up to 0.1 ms and 7 kB for each field. */
const maxSize = 500;

/** A variable with an input object, in fields: its parser is compiled, too. */
const sizeOfInput = 20;

/** Characters of an operation and its fragments that take as much memory as a field: a list of numbers takes most. */
const charactersPerField = 50;

/** Characters of a document's text that take as much memory as a field, by which it is found. */
const textPerField = 3_500;

/** An operation as a function. Holds nothing of the parsed document, which takes 140 bytes for each character. */
export interface CompiledFunction {
  /** See `maxSize`. */
  readonly size: number;
  readonly variableDefinitions: readonly VariableDefinitionNode[];
  /** Null: each request has to pass Apollo's pipeline. */
  readonly checks: OperationChecks | null;
  readonly execute: CompiledQuery['query'];
}

/**
 * Compiles an operation of a valid document.
 *
 * @returns null if it is too large, or not safe to compile.
 */
export function compileOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): CompiledFunction | null {
  const text = document.loc?.source.body;
  const fields = countFields(schema, document, operation) + sizeOfInput * countInputs(schema, operation);
  if (text === undefined || fields > maxSize) return null;
  const ownText = [...ownDefinitions(document, operation)]
    .map(({ loc }) => text.slice(loc?.start, loc?.end))
    .join('\n');
  const size = fields + Math.ceil(ownText.length / charactersPerField) + Math.ceil(text.length / textPerField);
  if (size > maxSize) return null;
  // A copy without locations, because the compiler writes into the nodes and keeps them.
  const own = parse(ownText, { noLocation: true });
  const [copy] = own.definitions;
  if (copy?.kind !== Kind.OPERATION_DEFINITION || !isCompilable(own, copy)) return null;
  const checks = operationChecks(schema, document, own, copy);
  const query = compileQuery(schema, own, copy.name?.value, { disablingCapturingStackErrors: true });
  const { variableDefinitions = [] } = copy;
  return isCompiledQuery(query) ? { size, variableDefinitions, checks, execute: query.query } : null;
}

/** An operation, and then the fragments that it uses: a document may have many others. */
function ownDefinitions(
  { definitions }: DocumentNode,
  operation: OperationDefinitionNode,
): ReadonlySet<OperationDefinitionNode | FragmentDefinitionNode> {
  const fragments = new Map(
    definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  const own = new Set<OperationDefinitionNode | FragmentDefinitionNode>([operation]);
  const add = ({ name }: { readonly name: { readonly value: string } }) => {
    const fragment = fragments.get(name.value);
    if (fragment) own.add(fragment);
  };
  // Comes to those that are added meanwhile, too.
  for (const definition of own) visit(definition, { FragmentSpread: add });
  return own;
}

/** Number of variables with an input object. */
const countInputs = (schema: GraphQLSchema, { variableDefinitions = [] }: OperationDefinitionNode): number =>
  variableDefinitions.filter(({ type }) => isInputObjectType(getNamedType(typeFromAST(schema, type)))).length;

const refusedNames: ReadonlySet<string> = new Set(['__schema', '__type', '__proto__']);

/**
 * Left to graphql-js: mutations, which must not be repeated; introspection; directives, because the compiler mixes up the conditions
 * of a fragment that is used twice; texts with marks of the compiler (`__MAGIC_DATE…`), which it would replace by code; and the
 * name `__proto__` of an alias or a variable, which it would lose.
 */
function isCompilable(document: DocumentNode, { operation }: OperationDefinitionNode): boolean {
  let isSafe = operation === OperationTypeNode.QUERY;
  const refuse = () => {
    isSafe = false;
    return BREAK;
  };
  visit(document, {
    Directive: refuse,
    Name: ({ value }) => (refusedNames.has(value) ? refuse() : undefined),
    StringValue: ({ value }) => (value.includes('__MAGIC') ? refuse() : undefined),
  });
  return isSafe;
}
