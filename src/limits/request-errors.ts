import { DomainError } from '../errors.ts';

/** Too many requests execute. */
export class ServiceOverloaded extends DomainError {
  constructor(maxExecuting: number) {
    super(
      'SERVICE_OVERLOADED',
      `The service is executing ${maxExecuting} requests, its maximum (MAX_EXECUTING_REQUESTS). Retry after Retry-After.`,
      503,
      { headers: new Map([['retry-after', '1']]) },
    );
  }
}

/** A caller sends too many requests. */
export class RateLimited extends DomainError {
  constructor(perMinute: number, retryAfterSeconds: number) {
    super(
      'RATE_LIMITED',
      `More than ${perMinute} requests in a minute, the maximum for a caller (RATE_LIMIT_PER_MINUTE). Retry in ${retryAfterSeconds} s.`,
      429,
      { headers: new Map([['retry-after', String(retryAfterSeconds)]]) },
    );
  }
}

/** A request exceeded its time limit. */
export class OperationTimeout extends DomainError {
  constructor(seconds: number, variable: string) {
    super(
      'DEADLINE_EXCEEDED',
      `The operation took longer than ${seconds} s (${variable}) and was cancelled. Request less data, or retry later.`,
      504,
    );
  }
}

/** The client closed the connection. It gets no response: this ends the work, and is for the log. */
export class ClientDisconnected extends DomainError {
  constructor() {
    super('CLIENT_DISCONNECTED', 'The client closed the connection before the response.', 499);
  }
}

/** The service stops, and the request took longer than the stop may take. */
export class ServiceStopping extends DomainError {
  constructor() {
    super('SERVICE_STOPPING', 'The service is stopping, and cancelled the operation. Retry after Retry-After.', 503, {
      headers: new Map([['retry-after', '5']]),
    });
  }
}
