/** Requests of the main thread to the PGlite worker. Each gets one response, in order. */
export type WorkerRequest =
  /** Opens the database in `folder`, filled with a copy of `copyOf` first; PGlite creates one if the folder is still empty. */
  | { readonly kind: 'open'; readonly folder: string; readonly copyOf: string | null }
  /** One or more statements; the response has the last one's rows. */
  | { readonly kind: 'query'; readonly sql: string }
  /** Rows in COPY's text format. `target` is `schema.table (columns)`. */
  | { readonly kind: 'copy'; readonly target: string; readonly text: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'listen'; readonly path: string; readonly options: ServingOptions }
  | { readonly kind: 'close' };

/** How a database is served to its clients. */
export interface ServingOptions {
  /** Whether sessions are read-only unless a client sets otherwise. */
  readonly readOnly: boolean;
  /** How long a client may hold the session idle, for example with an open transaction in psql. */
  readonly idleMilliseconds: number;
}

export interface QueryAnswer {
  /** Values as PostgreSQL's text. */
  readonly rows: readonly Readonly<Record<string, string | null>>[];
  /** Rows returned or written, including by `create table as`. */
  readonly rowCount: number;
}

export type WorkerAnswer =
  | { readonly id: number; readonly ok: true; readonly value: QueryAnswer | null }
  | { readonly id: number; readonly ok: false; readonly message: string; readonly code: string | null };

export interface NumberedRequest {
  readonly id: number;
  readonly request: WorkerRequest;
}
