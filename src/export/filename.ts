import type { PageBuild } from './list-reader.ts';
import type { ExportRequest } from './request.ts';

const maxBuildLength = 40;

/** The name of the file: what the client wants, or the list, the build and the day of its data. Safe within quotes. */
export function filenameOf(
  { filename, format }: Pick<ExportRequest, 'filename' | 'format'>,
  field: string,
  build: PageBuild | null,
  now: Date,
): string {
  const extension = `.${format}`;
  if (filename !== null) return filename.toLowerCase().endsWith(extension) ? filename : `${filename}${extension}`;
  const id = build?.id.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, maxBuildLength);
  const day = (build ? build.asOf : now.toISOString())?.slice(0, 'YYYY-MM-DD'.length);
  return `${[field, id, day].filter(Boolean).join('-')}${extension}`;
}
