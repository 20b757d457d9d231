import { parse } from 'csv-parse/sync';
import type { Answer, TestService } from './service.ts';

/** Members of the body of an export. */
export interface ExportBody {
  readonly query?: string;
  readonly documentId?: string;
  readonly variables?: object;
  readonly operationName?: string;
  readonly format?: string;
  readonly filename?: string;
  readonly bom?: boolean;
}

/** Requests an export over HTTP. */
export const requestExport = (
  { url }: Pick<TestService, 'url'>,
  body: ExportBody,
  { headers, ...init }: RequestInit = {},
): Promise<Response> =>
  fetch(`${url}/export`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(headers as Record<string, string> | undefined) },
    body: JSON.stringify(body),
    ...init,
  });

/** The rows of NDJSON. */
export const rowsOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** The records of CSV, the header first. */
export const recordsOf = (text: string): string[][] => parse(text);

/** The code and the status of a refused export. */
export async function refusalOf(response: Response) {
  const { errors } = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] };
  return { status: response.status, code: errors[0]?.extensions.code, message: errors[0]?.message };
}

/** All rows of a list, page by page, as a client of GraphQL reads them. */
export async function pagedByHand(
  service: TestService,
  page: (after: string) => string,
  field: string,
): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (let after: string | null = null, isLast = false; !isLast; ) {
    const { data, errors }: Answer<Record<string, HandPage>> = await service.send(
      page(after === null ? 'first: 7' : `first: 7, after: ${JSON.stringify(after)}`),
    );
    if (errors) throw new Error(errors[0]?.message);
    const read: HandPage | undefined = data[field];
    if (!read) throw new Error(`no ${field}`);
    rows.push(...read.nodes);
    after = read.pageInfo.endCursor;
    isLast = !read.pageInfo.hasNextPage;
  }
  return rows;
}

interface HandPage {
  readonly nodes: Record<string, unknown>[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}
