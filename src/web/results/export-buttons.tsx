import { tryParseJSONC, useGraphiQL } from '@graphiql/react';
import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { currentNotice } from '../notice.ts';
import { apiKey } from '../page-state.ts';
import { ExportError, type ExportFormat, type ExportProgress, exportList } from './export.ts';
import { saveFile } from './save-file.ts';

/** Buttons that save all rows of the list in the editor, over all pages, as a file. */
export function ExportButtons() {
  const { queryEditor, variableEditor, headerEditor, operationName } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
    headerEditor: state.headerEditor,
    operationName: state.operationName,
  }));
  const [progress, setProgress] = useState<ExportProgress | null>(null);
  const running = useRef<AbortController>(null);
  const buttons = useRef<HTMLDivElement>(null);

  /** The pressed button is replaced: the one in its place gets the focus, unless the user has left it. */
  function replaceButtons(next: ExportProgress | null, focused: string) {
    const hadFocus = buttons.current?.contains(document.activeElement);
    flushSync(() => setProgress(next));
    if (hadFocus) buttons.current?.querySelector<HTMLButtonElement>(`[data-action=${focused}]`)?.focus();
  }

  async function start(format: ExportFormat) {
    const controller = new AbortController();
    running.current = controller;
    replaceButtons({ rows: 0, total: null }, 'cancel');
    try {
      const operation = {
        query: queryEditor?.getValue() ?? '',
        variables: parsedObject('variables', variableEditor?.getValue()),
        operationName: operationName ?? undefined,
        headers: parsedObject('headers', headerEditor?.getValue()) as Record<string, string>,
      };
      const { signal } = controller;
      const file = await exportList(operation, { apiKey, format, signal, onProgress: setProgress });
      saveFile(file.name, file.content);
      currentNotice.show(`Saved ${file.rows.toLocaleString('en')} rows as ${file.name}.`);
    } catch (error) {
      if (controller.signal.aborted) currentNotice.show('The export was cancelled, and no file was saved.');
      else if (error instanceof ExportError) currentNotice.show(error.message, true);
      else throw error;
    } finally {
      running.current = null;
      replaceButtons(null, format);
    }
  }

  return (
    <div className="result-export" ref={buttons}>
      {progress ? (
        <>
          <span role="progressbar" aria-label="Export" aria-valuetext={progressText(progress)}>
            {progressText(progress)}
          </span>
          <button
            type="button"
            data-action="cancel"
            className="graphiql-button"
            onClick={() => running.current?.abort()}
          >
            Cancel
          </button>
        </>
      ) : (
        <>
          <span id="export-label">Export</span>
          {(['csv', 'ndjson'] as const).map((format) => (
            <button
              key={format}
              type="button"
              data-action={format}
              className="graphiql-button"
              title="Save all rows of the list, over all pages"
              aria-describedby="export-label"
              onClick={() => void start(format)}
            >
              {format.toUpperCase()}
            </button>
          ))}
        </>
      )}
    </div>
  );
}

const progressText = ({ rows, total }: ExportProgress): string =>
  total === null
    ? `${rows.toLocaleString('en')} rows`
    : `${rows.toLocaleString('en')} of ${total.toLocaleString('en')} rows`;

/**
 * The JSON of an editor, as GraphiQL reads it when it runs the operation: with comments and trailing commas.
 *
 * @throws {ExportError} if it is not an object.
 */
function parsedObject(what: string, text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    return tryParseJSONC(text) ?? {};
  } catch (error) {
    throw new ExportError(`The ${what} ${error instanceof Error ? error.message : error}`);
  }
}
