import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, parse, validate } from 'graphql';
import { type DocumentLimits, maxSavedTextLength } from '../config/limits.ts';
import { BadUserInput, DomainError, isStackOverflow, nestedTooDeeply } from '../errors.ts';
import { checkDocument } from '../limits/document-limits.ts';

const field = 'input.document';

/**
 * Checks that a document is one that the service would execute now: within the limits of documents, and valid. It must have
 * queries only: a mutation that someone saved would be one click away from an operator.
 *
 * @throws {BadUserInput}
 */
export function checkSavedDocument(text: string, schema: GraphQLSchema, limits: DocumentLimits): void {
  if (text.length > maxSavedTextLength) {
    const [length, limit] = [text.length, maxSavedTextLength].map((count) => count.toLocaleString('en'));
    throw new BadUserInput(field, `it has ${length} characters; the limit is ${limit}. Shorten it.`);
  }
  const document = parseValid(text, schema, limits);
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION || node.operation === 'query') continue;
    throw new BadUserInput(
      field,
      `it has a ${node.operation}. Only queries can be saved: keep it in a file, or in the URL.`,
    );
  }
}

function parseValid(text: string, schema: GraphQLSchema, limits: DocumentLimits): DocumentNode {
  try {
    // Before the parser, which recurses for each level.
    checkDocument(text, limits);
    const document = parse(text, { maxTokens: limits.maxTokens });
    const [error] = validate(schema, document, undefined, { maxErrors: 1 });
    if (error) throw error;
    return document;
  } catch (error) {
    // A chain of thousands of fragments, if MAX_TOKENS allows it.
    if (isStackOverflow(error)) throw new BadUserInput(field, nestedTooDeeply);
    if (error instanceof GraphQLError) throw new BadUserInput(field, withPlace(error));
    if (error instanceof DomainError) throw new BadUserInput(field, error.message);
    throw error;
  }
}

/** GraphQL's message, with the first of its places. */
function withPlace({ message, locations }: GraphQLError): string {
  const [at] = locations ?? [];
  return at ? `${message} (line ${at.line}, column ${at.column})` : message;
}
