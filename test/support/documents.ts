import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { idOfDocument } from '../../src/documents/manifest.ts';

/** The content of a manifest with these documents. */
export const manifestOf = (...documents: readonly string[]): string =>
  JSON.stringify(Object.fromEntries(documents.map((document) => [idOfDocument(document), document])));

/** A folder with manifests, deleted after the test. @param manifests their contents by file name */
export function documentsFolder(manifests: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'attribution-documents-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(manifests)) writeFileSync(join(folder, name), text);
  return folder;
}
