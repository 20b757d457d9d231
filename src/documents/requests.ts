import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Forbidden } from '../auth/errors.ts';
import { isDocumentsOnly } from '../auth/restrictions.ts';
import { DomainError } from '../errors.ts';
import { quoted } from '../text.ts';
import type { DocumentStore } from './document-store.ts';
import { isDocumentId } from './manifest.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The text of the document that the request names by its id; null if it names none. */
    trustedDocument: string | null;
  }
}

/**
 * Finds the document of each GraphQL request with a `documentId`, before Apollo sees the request. Implements the appendix on
 * persisted documents of GraphQL over HTTP. Refuses other requests of callers that may send only trusted documents.
 *
 * @param documents null: none are configured.
 * @param hasOperation whether requests of a route have an operation.
 */
export function findTrustedDocuments(
  app: FastifyInstance,
  documents: Pick<DocumentStore, 'find'> | null,
  hasOperation: (route: string | undefined) => boolean,
): void {
  app.decorateRequest('trustedDocument', null);
  // The body must have been parsed.
  app.addHook('preHandler', (request, _reply, done) => {
    if (hasOperation(request.routeOptions.url)) request.trustedDocument = trustedDocumentOf(request, documents);
    done();
  });
}

function trustedDocumentOf(request: FastifyRequest, documents: Pick<DocumentStore, 'find'> | null): string | null {
  const { documentId, query } = parametersOf(request);
  if (documentId === null) {
    if (request.caller && isDocumentsOnly(request.caller)) throw new Forbidden(documentsOnly);
    return null;
  }
  if (query !== null) throw badRequest('Send either documentId or query, not both.');
  if (typeof documentId !== 'string' || !isDocumentId(documentId)) {
    throw badRequest(
      `${quoted(documentId)} is not a documentId. It must be "sha256:" and the SHA-256 of the document as 64 lower-case hexadecimal digits.`,
    );
  }
  const found = documents?.find(documentId) ?? null;
  if (found === null) throw documentNotFound(documentId, documents !== null);
  return found;
}

const documentsOnly =
  'This key or token may send only trusted documents: send documentId instead of query. To send other documents, use one ' +
  'without the restriction documents-only.';

/** What a request sends as document; null if the parameter is missing or null. */
function parametersOf({ method, query, body }: FastifyRequest): { documentId: unknown; query: unknown } {
  const given = (method === 'GET' ? query : body) as Readonly<Record<string, unknown>> | null | undefined;
  // Apollo refuses a body that is not an object, with the reason.
  if (typeof given !== 'object' || given === null) return { documentId: null, query: null };
  return { documentId: given.documentId ?? null, query: given.query ?? null };
}

const badRequest = (message: string): DomainError => new DomainError('BAD_REQUEST', message, 400);

function documentNotFound(id: string, isConfigured: boolean): DomainError {
  const remedy = isConfigured
    ? 'Put the manifest of the client into the folder DOCUMENTS_DIR; it is read within two seconds.'
    : 'The service has none: DOCUMENTS_DIR is not set.';
  return new DomainError('DOCUMENT_NOT_FOUND', `The service has no trusted document ${id}. ${remedy}`, 404);
}
