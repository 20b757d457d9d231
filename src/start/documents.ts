import { type DocumentStore, openDocumentStore } from '../documents/document-store.ts';
import { ManifestError } from '../documents/manifest.ts';
import { StartError } from './listen.ts';
import type { Start } from './start.ts';

/**
 * Reads the trusted documents; null if none are configured.
 *
 * @throws {StartError} if their folder can't be read.
 */
export async function startDocuments(folder: string | null, { logger, closing }: Start): Promise<DocumentStore | null> {
  if (folder === null) return null;
  const documents = await openDocumentStore(folder, logger).catch((error: unknown) => {
    throw error instanceof ManifestError ? new StartError(error.message) : error;
  });
  closing.add(async () => documents.close());
  return documents;
}
