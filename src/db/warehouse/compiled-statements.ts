import {
  createQueryId,
  type OperationNodeSource,
  PostgresQueryCompiler,
  type RawBuilder,
  type RootOperationNode,
} from 'kysely';
import { LRUCache } from 'lru-cache';
import { PublishedTablesCompiler } from './dialect.ts';

export interface CompiledStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** For a prepared statement: only fixed texts for readers of a build have one. See `preparedQueries`. */
  readonly name?: string | undefined;
}

/** A query that is sent often, and whose text is always the same: it is built and compiled once, and then only gets other values. */
export interface FixedQuery<Row> extends OperationNodeSource {
  /** Identifies the text. */
  readonly shape: string;
  /** All parameters of the statement, in their order. */
  readonly values: readonly unknown[];
  /** Never set: the type of the rows. */
  readonly row?: Row;
}

/**
 * Makes a query with a fixed text.
 *
 * @param shape identifies the text among all queries: by the name of the query, the columns, the conditions, and how many values
 *   each has.
 * @param build builds the query with these values. It must not depend on anything else.
 */
export const fixedQuery = <Row>(
  shape: string,
  values: readonly unknown[],
  build: () => OperationNodeSource,
): FixedQuery<Row> => ({ shape, values, toOperationNode: () => build().toOperationNode() });

/** A fixed query, if the text is to be kept; without a shape it is built and compiled each time. */
export const fixedIfShaped = <Row>(
  shape: string | null,
  values: readonly unknown[],
  build: () => RawBuilder<Row>,
): RawBuilder<Row> | FixedQuery<Row> => (shape === null ? build() : fixedQuery<Row>(shape, values, build));

const isFixed = (query: OperationNodeSource): query is FixedQuery<unknown> => 'shape' in query;

/** Characters of the known texts and shapes on the tables of a build. A text of a thousand parameters has 7,000. */
const maxTextLength = 2_000_000;

/** Characters of a text and its shape that are kept: a longer one would displace many others. */
const maxEntryLength = 50_000;

/** Sets of tables whose texts are kept: of the newest build, and of one that requests read in turn with it. */
const maxPublished = 2;

/** The text of a fixed query. */
interface KnownText {
  readonly sql: string;
  readonly name: string | undefined;
  /** The number of its parameters. */
  readonly count: number;
}

/** What compiles queries on the tables of a build. */
interface OfTables {
  readonly tables: string | null;
  /** It has a hundred closures, so it is not made for each query. */
  readonly compiler: PostgresQueryCompiler;
  /** Texts of fixed queries, by their shape. */
  readonly texts: LRUCache<string, KnownText>;
}

const ofTables = (tables: string | null): OfTables => ({
  tables,
  compiler: tables === null ? new PostgresQueryCompiler() : new PublishedTablesCompiler(tables),
  texts: new LRUCache({
    maxSize: maxTextLength,
    maxEntrySize: maxEntryLength,
    sizeCalculation: ({ sql }, shape) => sql.length + shape.length,
  }),
});

/** Compiles queries for a warehouse. */
export class CompiledStatements {
  /** The tables that all builds share, or that no build has published. */
  readonly #ordinary = ofTables(null);
  /** The tables of builds that were read last, the last one first. */
  #published: readonly OfTables[] = [];
  #named = 0;

  /** @param tables number of the tables that a build has published; null: the ordinary tables. */
  compile(query: OperationNodeSource, tables: string | null): CompiledStatement {
    const { compiler, texts } = tables === null ? this.#ordinary : this.#ofPublished(tables);
    const compiled = () => compiler.compileQuery(query.toOperationNode() as RootOperationNode, createQueryId());
    if (!isFixed(query)) return compiled();
    const { shape, values } = query;
    const known = texts.get(shape);
    if (known !== undefined) {
      if (known.count !== values.length) throw wrongValues(shape);
      return { sql: known.sql, parameters: values, name: known.name };
    }
    const { sql, parameters } = compiled();
    const count = parameters.length;
    if (count !== values.length || parameters.some((value, at) => value !== values[at])) throw wrongValues(shape);
    const name = tables === null ? undefined : this.#newName();
    texts.set(shape, { sql, name, count });
    return { sql, parameters, name };
  }

  #newName(): string {
    this.#named += 1;
    return `attribution_${this.#named}`;
  }

  #ofPublished(tables: string): OfTables {
    const [last] = this.#published;
    if (last?.tables === tables) return last;
    const found = this.#published.find((known) => known.tables === tables) ?? ofTables(tables);
    this.#published = [found, ...this.#published.filter((known) => known !== found)].slice(0, maxPublished);
    return found;
  }
}

const wrongValues = (shape: string) => new Error(`the parameters of ${shape} are not its values`);
