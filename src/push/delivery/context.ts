import type { AdsuiteTransport, Clock, DeliveryStore } from '../ports.ts';
import type { DeliveryLimits } from './limits.ts';
import type { RequestThrottle } from './request-throttle.ts';

export interface DeliveryPorts {
  readonly store: DeliveryStore;
  readonly adsuite: AdsuiteTransport;
  readonly clock: Clock;
}

export interface DeliveryContext extends DeliveryPorts {
  readonly throttle: RequestThrottle;
  readonly limits: DeliveryLimits;
  /** Aborted: no further batch; the run goes to others once the batches in hand have ended. */
  readonly stop: AbortSignal;
  /** Aborted: gives up requests that are in flight, too. */
  readonly hurry: AbortSignal;
}
