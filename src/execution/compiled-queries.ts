import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  BREAK,
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  getVariableValues,
  isInputObjectType,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  typeFromAST,
  visit,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import { countFields } from '../limits/operation-size.ts';

/** Size of an operation, see `sizeOf`, above which it is not compiled: it takes up to 0.1 ms and 7 kB for each field. */
const maxSize = 500;

/** Size of all compiled operations: at most about 50 MB. */
const maxSizeOfAll = 8_000;

/** A variable with an input object, in fields: its parser is compiled, too. */
const sizeOfInput = 20;

/** Executions that are left to graphql-js after an answer with an error. Errors often come again, and cost two executions. */
const executionsAfterError = 100;

type Execute = CompiledQuery['query'];

/**
 * Executes queries that come again as compiled functions, in a fraction of the time. All other operations are left to graphql-js,
 * and so are queries whose answer has an error: errors, their codes and paths are always its own. It then executes the query again;
 * only look-ups by key are not repeated.
 *
 * @param compileAfter how often an operation is executed before it is compiled.
 */
export function executeCompiled<Context extends object>(
  schema: GraphQLSchema,
  compileAfter: number,
): ApolloServerPlugin<Context> {
  const operations = knownOperations(schema, compileAfter);
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ document, operation, request, contextValue }) {
          // Apollo gets here without an operation too, if its name is unknown.
          const known = operation ? operations.executed(document, operation) : null;
          if (!known?.execute) return null;
          const variables = request.variables ?? {};
          // Compiled functions read variables by rules of their own. Those that graphql-js refuses, it also explains.
          const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
            maxErrors: 1,
          });
          if (errors) return null;
          const result = await known.execute(undefined, contextValue, variables);
          if (result.errors && result.errors.length > 0) {
            operations.failed(document, operation);
            return null;
          }
          return { http: { headers: new HeaderMap() }, body: { kind: 'single', singleResult: { data: result.data } } };
        },
      };
    },
  };
}

interface KnownOperation {
  /** Executions before it is compiled. */
  left: number;
  readonly id: string;
  /** Null: not to be compiled. */
  execute: Execute | null | undefined;
}

/** The operations by document. Apollo gives equal texts the same document, as long as it keeps it. */
function knownOperations(schema: GraphQLSchema, compileAfter: number) {
  const documents = new WeakMap<DocumentNode, Map<string | null, KnownOperation>>();
  const compiled = new LRUCache<string, { readonly known: KnownOperation }>({
    maxSize: maxSizeOfAll,
    dispose: ({ known }) => {
      known.execute = undefined;
    },
  });
  let count = 0;
  const find = (document: DocumentNode, operation: OperationDefinitionNode): KnownOperation => {
    const ofDocument = documents.get(document) ?? new Map<string | null, KnownOperation>();
    documents.set(document, ofDocument);
    const name = operation.name?.value ?? null;
    const found = ofDocument.get(name);
    if (found) return found;
    count += 1;
    const known: KnownOperation = { left: compileAfter, id: String(count), execute: undefined };
    ofDocument.set(name, known);
    return known;
  };
  return {
    /** An operation that is about to be executed, with its function if it is compiled. */
    executed: (document: DocumentNode, operation: OperationDefinitionNode): KnownOperation => {
      const known = find(document, operation);
      if (known.left > 0) {
        known.left -= 1;
        return { ...known, execute: null };
      }
      if (known.execute) compiled.get(known.id);
      if (known.execute !== undefined) return known;
      const size = sizeOf(schema, document, operation);
      known.execute = size <= maxSize ? compile(schema, document, operation) : null;
      if (known.execute) compiled.set(known.id, { known }, { size });
      return known;
    },
    /** An operation whose answer had an error. */
    failed: (document: DocumentNode, operation: OperationDefinitionNode): void => {
      find(document, operation).left = executionsAfterError;
    },
  };
}

/** Fields of an operation with its fragments expanded, and its variables with input objects. */
function sizeOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): number {
  const inputs = (operation.variableDefinitions ?? []).filter(({ type }) =>
    isInputObjectType(getNamedType(typeFromAST(schema, type))),
  );
  return countFields(schema, document, operation) + sizeOfInput * inputs.length;
}

function compile(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Execute | null {
  const text = document.loc?.source.body;
  if (text === undefined || !isCompilable(document, operation)) return null;
  // A copy, because the compiler writes into the nodes.
  const copy = parse(text, { noLocation: true });
  const query = compileQuery(schema, copy, operation.name?.value, { disablingCapturingStackErrors: true });
  return isCompiledQuery(query) ? query.query : null;
}

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
