import { createHash } from 'node:crypto';
import { z } from 'zod';

/** A fault of a manifest of trusted documents. */
export class ManifestError extends Error {}

/** The size above which a manifest is refused: thousands of documents fit in. */
export const maxManifestBytes = 8 * 1024 * 1024;

const documentId = /^sha256:[0-9a-f]{64}$/;

/** Whether a text has the form of a document id: `sha256:` and 64 lower-case hexadecimal digits. */
export const isDocumentId = (text: string): boolean => documentId.test(text);

/** The id of a document, by the appendix on persisted documents of GraphQL over HTTP. */
export const idOfDocument = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

const manifest = z.record(z.string(), z.string());

/**
 * Parses a manifest, which maps the ids of documents to their texts, as the client preset of GraphQL Code Generator writes it.
 *
 * @throws {ManifestError} if it is not valid JSON, or an id is not the hash of its document.
 */
export function parseManifest(text: string): ReadonlyMap<string, string> {
  if (text.length > maxManifestBytes) throw new ManifestError('it has more than 8 MiB');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ManifestError(text.trim() === '' ? 'it is empty' : 'it is not valid JSON');
  }
  const { data } = manifest.safeParse(json);
  if (!data) throw new ManifestError('it is not an object of texts: {"sha256:<hash>": "query …"}');
  const documents = new Map(Object.entries(data));
  for (const [id, document] of documents) {
    if (id !== idOfDocument(document)) {
      throw new ManifestError(
        `${JSON.stringify(id)} is not the id of its document, which is ${idOfDocument(document)}`,
      );
    }
  }
  return documents;
}
