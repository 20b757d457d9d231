import { formatResult } from '@graphiql/toolkit';
import { type GraphQLSchema, parse } from 'graphql';
import { listsOf, type ResultList } from './lists.ts';
import { type Shape, shapeOf } from './shape.ts';

/** An answer of the service, for the views. */
export interface Answer {
  /** Different for each answer. */
  readonly key: number;
  readonly lists: readonly ResultList[];
  /** Messages of its errors. An answer can have rows and errors. */
  readonly problems: readonly string[];
}

/** The operation that was sent. */
export interface SentOperation {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

interface KeptAnswer {
  readonly key: number;
  readonly sent: SentOperation | null;
  /** The last reading, and the schema that it had. */
  read: { readonly schema: GraphQLSchema | null; readonly answer: Answer | null } | null;
}

/** Answers are large. */
const mostKept = 10;

/**
 * The answers of this page by their texts, which is what GraphiQL has of them. Their types are those of the operation that was
 * sent, whatever the editor has since; and each is read once, although its view is opened many times.
 */
export class Answers {
  readonly #kept = new Map<string, KeptAnswer>();
  #count = 0;

  /** @param answer as the service gave it. */
  add(answer: unknown, sent: SentOperation): void {
    this.#keep(formatResult(answer), sent);
  }

  /**
   * @param text of the answer, as GraphiQL shows it.
   * @param schema null: columns are classified by their values.
   * @returns null if it is not a GraphQL response.
   */
  of(text: string, schema: GraphQLSchema | null): Answer | null {
    const kept = this.#kept.get(text) ?? this.#keep(text, null);
    if (kept.read?.schema !== schema || !kept.read)
      kept.read = { schema, answer: answerOf(text, kept.key, typesOf(schema, kept.sent)) };
    return kept.read.answer;
  }

  #keep(text: string, sent: SentOperation | null): KeptAnswer {
    this.#count += 1;
    const kept: KeptAnswer = { key: this.#count, sent, read: null };
    // The newest are at the end.
    this.#kept.delete(text);
    this.#kept.set(text, kept);
    for (const oldest of [...this.#kept.keys()].slice(0, -mostKept)) this.#kept.delete(oldest);
    return kept;
  }
}

function answerOf(text: string, key: number, shape: Shape | null): Answer | null {
  let parsed: { readonly data?: unknown; readonly errors?: unknown };
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  const errors = Array.isArray(parsed.errors) ? (parsed.errors as readonly { readonly message?: unknown }[]) : [];
  return { key, lists: listsOf(parsed.data, shape), problems: errors.map(({ message }) => String(message)) };
}

/** Null without introspection, or if the operation is not valid: the kinds of columns then follow from their values. */
function typesOf(schema: GraphQLSchema | null, sent: SentOperation | null): Shape | null {
  if (!schema || !sent) return null;
  try {
    return shapeOf(schema, parse(sent.query), sent.operationName ?? null, sent.variables ?? {});
  } catch {
    return null;
  }
}

/** Those of this page. */
export const answers = new Answers();
