import { resolve } from 'node:path';
import type { z } from 'zod';
import { optionalText } from './variables.ts';

export const documentVariables = {
  DOCUMENTS_DIR: optionalText(
    'Folder with manifests of [trusted documents](security.md#trusted-documents), `*.json`. Changes apply within two seconds.',
    'no trusted documents',
  ),
};

type Read = z.output<z.ZodObject<typeof documentVariables>>;

/** The folder of the manifests, an absolute path; null if there is none. */
export const documentsFolder = (read: Read): string | null =>
  read.DOCUMENTS_DIR === undefined ? null : resolve(read.DOCUMENTS_DIR);
