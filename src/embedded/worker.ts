import { cpSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { PGlite } from '@electric-sql/pglite';
import { Database } from './database.ts';
import { reasonOf } from './embedded-error.ts';
import { runQuery } from './run-query.ts';
import { WireServer } from './wire-server.ts';
import type { NumberedRequest, QueryAnswer, WorkerAnswer, WorkerRequest } from './worker-protocol.ts';

/**
 * The thread that runs PGlite: a heavy query does not block the service's event loop. Requests are handled one at a
 * time, in order.
 */
const port = parentPort;
if (port === null) throw new Error('worker.ts runs as a worker thread only');

let database: PGlite | null = null;
let server: WireServer | null = null;
let last: Promise<void> = Promise.resolve();

port.on('message', ({ id, request }: NumberedRequest) => {
  last = last.then(async () => {
    let answer: WorkerAnswer;
    try {
      answer = { id, ok: true, value: await perform(request) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
      answer = { id, ok: false, message, code };
    }
    port.postMessage(answer);
    if (request.kind === 'close') port.close();
  });
});

async function perform(request: WorkerRequest): Promise<QueryAnswer | null> {
  if (request.kind === 'open') {
    database = await open(request.folder, request.copyOf);
    return null;
  }
  if (request.kind === 'close') {
    await server?.close();
    await database?.close();
    return null;
  }
  if (database === null) throw new Error('the database is not open');
  switch (request.kind) {
    case 'query':
      return runQuery(database, request.sql);
    case 'copy': {
      // PGlite has no COPY FROM STDIN, but reads a blob at /dev/blob like a server file.
      const blob = new Blob([request.text]);
      const [result] = await database.exec(`copy ${request.target} from '/dev/blob'`, { blob });
      return { rows: [], rowCount: result?.affectedRows ?? 0 };
    }
    case 'listen': {
      server = new WireServer(database, request.options, (error) => {
        // Ends this thread immediately, even inside a call of the database. The main thread is notified.
        process.stderr.write(`The embedded ${workerData} failed: ${reasonOf(error)}\n`);
        process.exit(1);
      });
      await server.listen(request.path);
      return null;
    }
  }
}

async function open(folder: string, copyOf: string | null): Promise<PGlite> {
  if (copyOf !== null) cpSync(copyOf, folder, { recursive: true });
  let complaint = '';
  try {
    const opened = new Database({
      dataDir: folder,
      onStderr: (line) => {
        if (/\b(FATAL|PANIC|ERROR)\b/.test(line)) complaint = line;
        return false;
      },
    });
    await opened.waitReady;
    // The models sort and hash whole tables; the default of 4 MB would use temporary files.
    await opened.exec(`set work_mem = '64MB'; set maintenance_work_mem = '128MB'`);
    return opened;
  } catch (error) {
    if (complaint === '') throw error;
    throw new Error(complaint.replace(/^.*?(FATAL|PANIC|ERROR):\s*/, ''));
  }
}
