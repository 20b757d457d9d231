import { formatResult } from '@graphiql/toolkit';
import { type GraphQLSchema, parse } from 'graphql';
import { listsOf } from './lists.ts';
import type { ResultList } from './result-list.ts';
import { type Shape, shapeOf } from './shape.ts';

/** An answer of the service, for the views. */
export interface Answer {
  /** Different for each answer. */
  readonly key: number;
  readonly lists: readonly ResultList[];
  /** Messages of its errors. An answer can have rows and errors. */
  readonly problems: readonly string[];
  /** Cut-off time of the build that it is from, in milliseconds since 1970. Null: the answer does not say it. */
  readonly asOf: number | null;
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
  /** The last reading, and the schema that it had. Null: there is none, or others were read since. */
  read: { readonly schema: GraphQLSchema | null; readonly answer: Answer | null } | null;
}

/** Answers are large: so many are kept without a tab that shows them, and so many readings. */
const mostKept = 10;

/**
 * The answers of this page by their texts, which is what GraphiQL has of them. Their types and arguments are those of the operation
 * that was sent, whatever the editor has since; and each is read once, although its view is opened many times.
 */
export class Answers {
  /** The last added or used are at the end. */
  readonly #kept = new Map<string, KeptAnswer>();
  #shown: ReadonlySet<string> = new Set();
  #count = 0;

  /** @param answer as the service gave it. */
  add(answer: unknown, sent: SentOperation): void {
    this.#count += 1;
    this.#keep(formatResult(answer), { key: this.#count, sent, read: null });
  }

  /** @param texts of the answers in all tabs: what was sent for them is kept as long as they are there. */
  show(texts: readonly string[]): void {
    this.#shown = new Set(texts);
  }

  /**
   * @param text of the answer, as GraphiQL shows it.
   * @param schema null: columns are classified by their values.
   * @returns null if it is not a GraphQL response.
   */
  of(text: string, schema: GraphQLSchema | null): Answer | null {
    const known = this.#kept.get(text);
    if (!known) this.#count += 1;
    const kept = known ?? { key: this.#count, sent: null, read: null };
    if (kept.read?.schema !== schema || !kept.read)
      kept.read = { schema, answer: answerOf(text, kept.key, shapeIn(schema, kept.sent)) };
    this.#keep(text, kept);
    return kept.read.answer;
  }

  #keep(text: string, kept: KeptAnswer): void {
    this.#kept.delete(text);
    this.#kept.set(text, kept);
    for (const [old, each] of [...this.#kept].slice(0, -mostKept)) {
      if (this.#shown.has(old)) each.read = null;
      else this.#kept.delete(old);
    }
  }
}

function answerOf(text: string, key: number, shape: Shape | null): Answer | null {
  let parsed: ParsedAnswer;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  const errors = Array.isArray(parsed.errors) ? (parsed.errors as readonly { readonly message?: unknown }[]) : [];
  const asOf = Date.parse(String(parsed.extensions?.data?.asOf));
  return {
    key,
    lists: listsOf(parsed.data, shape),
    problems: errors.map(({ message }) => String(message)),
    asOf: Number.isNaN(asOf) ? null : asOf,
  };
}

interface ParsedAnswer {
  readonly data?: unknown;
  readonly errors?: unknown;
  readonly extensions?: { readonly data?: { readonly asOf?: unknown } };
}

/** Null if it is not known what was sent. Without introspection, its fields have no types. */
function shapeIn(schema: GraphQLSchema | null, sent: SentOperation | null): Shape | null {
  if (!sent) return null;
  try {
    return shapeOf(schema, parse(sent.query), sent.operationName ?? null, sent.variables ?? {});
  } catch {
    return null;
  }
}

/** Those of this page. */
export const answers = new Answers();
