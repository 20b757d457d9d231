import type { GraphQLResponse } from '@apollo/server';
import { type DocumentNode, type GraphQLSchema, getVariableValues, type OperationDefinitionNode, print } from 'graphql';
import type { RequestLimits } from '../config/limits.ts';
import { costLimitError } from '../limits/cost-limit-error.ts';
import { FailedPage } from './errors.ts';
import type { Row } from './formats.ts';
import { findList, type ListQuery } from './list-query.ts';
import { largestPage } from './page-size.ts';
import type { ExportRequest } from './request.ts';
import type { ExportStep } from './step.ts';

type Values = Readonly<Record<string, unknown>>;

/** An operation as GraphQL gets it. */
export interface ExportOperation {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Values;
}

/** Lets GraphQL execute an operation with all checks, for the caller of the export and at its build. */
export type ExecuteStep = (operation: ExportOperation, step: ExportStep) => Promise<GraphQLResponse>;

/** The build that a page is of. */
export interface PageBuild {
  readonly id: string;
  /** Null: unknown. */
  readonly asOf: string | null;
}

/** One page of a list. */
export interface ListPage {
  readonly rows: readonly Row[];
  /** The cursor of the page after it; null: it is the last one. */
  readonly next: string | null;
}

export interface ReadPage extends ListPage {
  /** Null: the page has read none. */
  readonly build: PageBuild | null;
  /** The number of rows of the whole list; null: unknown. */
  readonly total: number | null;
}

interface Connection {
  readonly nodes: readonly Row[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount?: number;
}

/** Reads a list page by page, each as an operation of its own. */
export class ListReader {
  readonly list: ListQuery;
  readonly #execute: ExecuteStep;
  readonly #operation: Omit<ExportOperation, 'query'>;
  readonly #pageSize: number;
  /** The text that all pages but the first have in common, so that it is compiled once. */
  readonly #query: string;
  /** The build that was served to the pages so far. */
  #served: string | undefined;

  /**
   * Checks an operation.
   *
   * @throws {FailedPage} if GraphQL refuses it.
   * @throws {NotExportable} if it is not one list.
   */
  static async open(
    schema: GraphQLSchema,
    request: ExportRequest,
    limits: Pick<RequestLimits, 'maxCost'>,
    execute: ExecuteStep,
  ): Promise<ListReader> {
    const checked: { readonly document: DocumentNode; readonly operation: OperationDefinitionNode }[] = [];
    const answer = await execute(request, {
      onChecked: (document, operation) => checked.push({ document, operation }),
    });
    const [passed] = checked;
    if (!passed) throw failureOf(answer);
    const { document, operation } = passed;
    const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], request.variables, {
      maxErrors: 1,
    });
    // The execution says which variable is wrong, and reads nothing.
    if (!coerced) throw failureOf(await execute(request, { onChecked: null }));
    const list = findList(schema, document, operation, coerced);
    return new ListReader(schema, request, limits, execute, list);
  }

  private constructor(
    schema: GraphQLSchema,
    { operationName, variables }: ExportRequest,
    { maxCost }: Pick<RequestLimits, 'maxCost'>,
    execute: ExecuteStep,
    list: ListQuery,
  ) {
    this.list = list;
    this.#execute = execute;
    this.#operation = { operationName, variables };
    this.#query = print(list.document(false));
    this.#pageSize = largestPage(
      schema,
      list.document(list.isCounted),
      (first) => ({ ...variables, [list.firstVariable]: first }),
      maxCost,
    );
  }

  /** @throws {FailedPage} */
  async first(): Promise<ReadPage> {
    const { isCounted, after, document } = this.list;
    const page = await this.#read(isCounted ? print(document(true)) : this.#query, after);
    return page.next === null && after === null ? { ...page, total: page.rows.length } : page;
  }

  /** @throws {FailedPage} */
  at(cursor: string): Promise<ReadPage> {
    return this.#read(this.#query, cursor);
  }

  async #read(query: string, after: string | null): Promise<ReadPage> {
    const { key, firstVariable, afterVariable, build } = this.list;
    const variables = { ...this.#operation.variables, [firstVariable]: this.#pageSize, [afterVariable]: after };
    const response = await this.#execute({ ...this.#operation, query, variables }, { onChecked: null });
    const { body } = response;
    if (body.kind !== 'single') throw new Error('an answer in parts');
    const { data, errors, extensions } = body.singleResult;
    const connection = data?.[key] as Connection | null | undefined;
    // A row with an error in one field is not the row.
    if (errors?.length || !connection) throw failureOf(response);
    const { nodes, pageInfo, totalCount } = connection;
    const served = (extensions?.data as { readonly build: string; readonly asOf: string | null } | undefined) ?? null;
    if (this.#served !== undefined && this.#served !== served?.build)
      throw new Error(`pages of two builds: ${this.#served} and ${served?.build}`);
    this.#served = served?.build;
    return {
      rows: nodes,
      next: nextOf(pageInfo),
      total: totalCount ?? null,
      build:
        build === undefined
          ? served && { id: served.build, asOf: served.asOf }
          : build === null
            ? null
            : { id: build, asOf: null },
    };
  }
}

/** @throws {Error} if there are further rows, but no way to them: the file would end as if it were complete. */
export function nextOf({ hasNextPage, endCursor }: Connection['pageInfo']): string | null {
  if (!hasNextPage) return null;
  if (endCursor === null) throw new Error('a page before others has no cursor');
  return endCursor;
}

/** Each row can have one, and the first says enough. */
const maxErrors = 5;

function failureOf({ body, http }: GraphQLResponse): FailedPage {
  const errors = (body.kind === 'single' && body.singleResult.errors) || [];
  // Places in the document are those of the changed one.
  const shown = errors.slice(0, maxErrors).map(({ message, path, extensions }) => ({
    message,
    ...(path ? { path } : {}),
    ...(extensions ? { extensions } : {}),
  }));
  const headers = [...http.headers].filter(([name]) => name === 'retry-after');
  return new FailedPage(http.status ?? 500, new Map(headers), shown);
}

/** @throws {DomainError} COST_LIMIT if the text of a page exceeds what a response may have. */
export function checkPageSize(text: string, maxBytes: number): void {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return;
  throw costLimitError(
    `A page of the list exceeds ${maxBytes / 1024 / 1024} MiB (MAX_ANSWER_MEGABYTES). Select fewer fields.`,
  );
}
