import type { DeliveryLimits } from '../../config/push.ts';
import type { AdsuiteTransport, Clock, DeliveryStore } from '../ports.ts';
import type { RequestThrottle } from './request-throttle.ts';

export interface DeliveryPorts {
  readonly store: DeliveryStore;
  readonly adsuite: AdsuiteTransport;
  readonly clock: Clock;
}

export interface DeliveryContext extends DeliveryPorts {
  readonly throttle: RequestThrottle;
  readonly limits: DeliveryLimits;
  /** Aborted: take no further batch, and release the run once the current batches have ended. */
  readonly stop: AbortSignal;
  /** Aborted: also abort requests in flight. */
  readonly hurry: AbortSignal;
}
