/** A request to AdSuite, as metrics and traces describe it. */
export interface AdsuiteRequest {
  /** `push`: sends a batch. `read`: reads values back. */
  readonly kind: 'push' | 'read';
  /** Whether the batch was attempted before. */
  readonly isRepeated: boolean;
  /** The run that the batch is of; null for `read`. */
  readonly runId: string | null;
}

/** Called before a request is sent. Must not throw. */
export type ObserveRequest = (request: AdsuiteRequest) => {
  /** Further headers of the request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Called when the request has ended, with the HTTP status; null: no answer. */
  end(status: number | null): void;
};
