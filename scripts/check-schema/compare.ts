import { type Change, CriticalityLevel, coverage, diff } from '@graphql-inspector/core';
import { type GraphQLSchema, LoneAnonymousOperationRule, parse, Source, specifiedRules, validate } from 'graphql';
import type { KnownDocument } from './known-documents.ts';

/** A change after which a document that was valid may fail, or may have another result type. */
export interface BreakingChange {
  readonly message: string;
  /** Where the known documents are that select the field or the argument. */
  readonly usedBy: readonly string[];
}

/** Compares the schema that clients know with another one. */
export async function breakingChanges(
  released: GraphQLSchema,
  schema: GraphQLSchema,
  documents: readonly KnownDocument[],
): Promise<readonly BreakingChange[]> {
  const changes = await diff(released, schema);
  const usage = usageOf(released, documents);
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map((change) => ({ message: change.message, usedBy: usage(change) }));
}

/** A known document that does not fit a schema. */
export interface InvalidDocument {
  readonly document: KnownDocument;
  readonly errors: readonly string[];
}

/** A page of documentation may have several anonymous operations in one block. */
const rules = specifiedRules.filter((rule) => rule !== LoneAnonymousOperationRule);

export function invalidDocuments(
  schema: GraphQLSchema,
  documents: readonly KnownDocument[],
): readonly InvalidDocument[] {
  return documents
    .map((document) => ({
      document,
      errors: validate(schema, parse(document.text), rules).map(({ message }) => message),
    }))
    .filter(({ errors }) => errors.length > 0);
}

/** Returns a function that lists the documents which select the field or argument that a change is about. */
function usageOf(schema: GraphQLSchema, documents: readonly KnownDocument[]): (change: Change) => readonly string[] {
  // A new document may select what only the new schema has.
  const known = documents.filter((document) => invalidDocuments(schema, [document]).length === 0);
  const { types } = coverage(
    schema,
    known.map(({ text, where }) => new Source(text, where)),
  );
  return ({ path = '' }) => {
    const [type = '', field, argument] = path.split('.');
    const fields = types[type]?.children ?? {};
    const selected = field === undefined ? Object.values(fields) : [fields[field]];
    const places = selected.map((each) => (argument === undefined ? each : each?.children[argument]));
    return [...new Set(places.flatMap((each) => Object.keys(each?.locations ?? {})))];
  };
}
