import { ApiError, type Send } from './client.ts';
import type { Copy } from './copy.ts';
import { ChangedSinceDocument, EverythingDocument, NewestDocument } from './operations.ts';

/**
 * Brings the copy to the build that the service serves. Builds that finish meanwhile make no difference: all pages are of the
 * build that the first one named.
 *
 * @param first page size.
 * @returns what was done, for display.
 */
export async function update(copy: Copy, send: Send, first = 1000): Promise<string> {
  const since = copy.build;
  if (since !== null) {
    try {
      const count = await applyChanges(copy, send, since, first);
      return `${count} conversions changed from build ${since} to ${copy.build}`;
    } catch (error) {
      if (!isNotKept(error)) throw error;
    }
  }
  const count = await readEverything(copy, send, first).catch((error) => {
    // The build was pruned during the read.
    if (isNotKept(error)) return readEverything(copy, send, first);
    throw error;
  });
  return `${count} conversions read, all of build ${copy.build}`;
}

const isNotKept = (error: unknown): boolean => error instanceof ApiError && error.code === 'BUILD_NOT_KEPT';

function applyChanges(copy: Copy, send: Send, since: string, first: number): Promise<number> {
  return copy.change(async () => {
    // Another run may have changed the copy while this one waited for it.
    const build = copy.build ?? since;
    let [through, count] = [build, 0];
    for await (const page of pages(
      async (after) => (await send(ChangedSinceDocument, { build, first, after })).changes,
    )) {
      for (const change of page.nodes) {
        if (change.after) copy.put(change.after);
        else copy.remove(change.id);
      }
      through = page.throughBuild;
      count += page.nodes.length;
    }
    return { build: through, count };
  });
}

async function readEverything(copy: Copy, send: Send, first: number): Promise<number> {
  const { build } = (await send(NewestDocument, {})).dataStatus;
  if (build === null) throw new Error('the service has no build yet');
  return copy.change(async () => {
    let count = 0;
    copy.clear();
    for await (const page of pages(
      async (after) => (await send(EverythingDocument, { build, first, after })).conversions,
    )) {
      for (const conversion of page.nodes) copy.put(conversion);
      count += page.nodes.length;
    }
    return { build, count };
  });
}

interface Page {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** All pages of a connection. */
async function* pages<P extends Page>(read: (after: string | null) => Promise<P>): AsyncGenerator<P> {
  let page = await read(null);
  yield page;
  while (page.pageInfo.hasNextPage) {
    page = await read(page.pageInfo.endCursor);
    yield page;
  }
}
