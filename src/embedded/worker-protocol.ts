/** What the main thread asks of the worker that runs PGlite. Each request is answered once, in order. */
export type WorkerRequest =
  | { readonly kind: 'open'; readonly folder: string }
  /** One statement or several; the answer is the last one's. */
  | { readonly kind: 'query'; readonly sql: string }
  /** Rows in COPY's text format. `target` is `schema.table (columns)`. */
  | { readonly kind: 'copy'; readonly target: string; readonly text: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'listen'; readonly path: string; readonly options: ServingOptions }
  | { readonly kind: 'close' };

/** How a database is served to clients. */
export interface ServingOptions {
  /** Whether a client has to say so before it can write. */
  readonly readOnly: boolean;
  /** How long a client may keep the session without using it (a transaction left open in psql). */
  readonly idleMilliseconds: number;
}

export interface QueryAnswer {
  /** Every value as PostgreSQL writes it in text. */
  readonly rows: readonly Readonly<Record<string, string | null>>[];
  /** Rows answered or written, also by a `create table as`. */
  readonly rowCount: number;
}

export type WorkerAnswer =
  | { readonly id: number; readonly ok: true; readonly value: QueryAnswer | null }
  | { readonly id: number; readonly ok: false; readonly message: string; readonly code: string | null };

export interface NumberedRequest {
  readonly id: number;
  readonly request: WorkerRequest;
}
