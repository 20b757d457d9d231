import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { ManifestError, parseManifest } from './manifest.ts';

/** The trusted documents of all manifests in a folder. */
export interface DocumentStore {
  /** The text of a document; null if no manifest has this id. */
  find(id: string): string | null;
  /** Stops reading the folder. */
  close(): void;
}

/** A manifest as it was when it was last valid. */
interface Manifest {
  /** The content that was read last, valid or not; null if it could not be read. */
  readonly text: string | null;
  /** Why that content is not used; null if it is. */
  readonly fault: string | null;
  readonly documents: ReadonlyMap<string, string>;
}

/** How often the folder is read. A new manifest is used after at most this time. */
const reloadMilliseconds = 2_000;

/**
 * Reads all manifests (`*.json`) of a folder, and reads them again every two seconds. Old and new clients each have their own
 * manifest, so a client's deployment only adds a file. Comparing contents, instead of watching for events, also finds changes
 * by a new symbolic link (a mounted Kubernetes volume), a rename, or on a network drive.
 *
 * A manifest that is invalid or can't be read is reported once, and its documents stay as they were. A manifest that was
 * deleted takes its documents with it.
 *
 * @throws {ManifestError} if the folder can't be read.
 */
export async function openDocumentStore(
  folder: string,
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>,
  intervalMilliseconds = reloadMilliseconds,
): Promise<DocumentStore> {
  let manifests = new Map<string, Manifest>();
  let byId: ReadonlyMap<string, string> = new Map();
  let folderFault: string | null = null;
  let isClosed = false;

  const reload = async () => {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
    const next = new Map<string, Manifest>();
    for (const name of names) {
      const manifest = await read(join(folder, name), manifests.get(name));
      // It may have been deleted since the folder was listed.
      if (manifest.text !== null || (await exists(join(folder, name)))) next.set(name, manifest);
    }
    if (isClosed) return;
    report(next);
    const isChanged = next.size !== manifests.size || [...next].some(([name, each]) => each !== manifests.get(name));
    manifests = next;
    if (!isChanged && folderFault === null) return;
    folderFault = null;
    byId = new Map([...next.values()].flatMap(({ documents }) => [...documents]));
    log.info({ folder, manifests: next.size, documents: byId.size }, 'trusted documents loaded');
  };
  const report = (next: ReadonlyMap<string, Manifest>) => {
    for (const [name, { fault }] of next) {
      if (fault === null || fault === manifests.get(name)?.fault) continue;
      log.warn(
        { file: join(folder, name), problem: fault },
        'a manifest of documents was not loaded; its previous documents stay',
      );
    }
  };
  const reportFolder = (error: unknown) => {
    const problem = reasonOf(error);
    if (isClosed || problem === folderFault) return;
    folderFault = problem;
    log.warn({ folder, problem }, 'the trusted documents were not reloaded; the previous ones stay');
  };
  await reload().catch((error: unknown) => {
    throw new ManifestError(
      `The folder of trusted documents ${folder} (DOCUMENTS_DIR) is not usable: ${reasonOf(error)}.`,
    );
  });
  let timer: NodeJS.Timeout;
  const schedule = () => {
    if (isClosed) return;
    timer = setTimeout(() => void reload().catch(reportFolder).finally(schedule), intervalMilliseconds).unref();
  };
  schedule();
  return {
    find: (id) => byId.get(id) ?? null,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/** Whether the folder has this name, also as a link to nothing: that is a fault, not a deletion. */
const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Reads a manifest; returns `last` itself if nothing has changed. */
async function read(path: string, last: Manifest | undefined): Promise<Manifest> {
  let text: string | null = null;
  try {
    text = await readFile(path, 'utf8');
    if (last && last.text === text) return last;
    return { text, fault: null, documents: parseManifest(text) };
  } catch (error) {
    const fault = reasonOf(error);
    if (last && last.text === text && last.fault === fault) return last;
    return { text, fault, documents: last?.documents ?? new Map() };
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this user may not read it',
  ENOTDIR: 'it is not a folder',
  EISDIR: 'it is a folder',
};

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}
