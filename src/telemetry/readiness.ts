import type { StoreCheck } from './store-check.ts';

/** Why the service is not ready. For display; without addresses. */
const reasons = {
  DRAINING: 'The service is stopping.',
  WAREHOUSE_UNAVAILABLE: 'The warehouse does not respond, or refuses the connection.',
  NO_BUILD: 'The warehouse has no build yet.',
  LEDGER_UNAVAILABLE: 'The ledger of pushes and saved queries does not respond, or refuses the connection.',
} as const;

export type ReadinessCode = keyof typeof reasons;

export interface ReadinessReason {
  readonly code: ReadinessCode;
  readonly message: string;
}

export interface ReadinessOptions {
  /** The newest build; null if there is none. */
  readonly warehouse: Pick<StoreCheck<object | null>, 'state'>;
  readonly ledger: Pick<StoreCheck<unknown>, 'state'>;
  /** Whether the service is about to stop. */
  readonly isDraining: () => boolean;
}

/** Why the service should get no requests; empty if it is ready. */
export async function notReadyBecause({
  warehouse,
  ledger,
  isDraining,
}: ReadinessOptions): Promise<readonly ReadinessReason[]> {
  const [ofWarehouse, ofLedger] = await Promise.all([warehouse.state(), ledger.state()]);
  const codes: ReadinessCode[] = [];
  if (isDraining()) codes.push('DRAINING');
  if (!ofWarehouse.isUp) codes.push('WAREHOUSE_UNAVAILABLE');
  else if (ofWarehouse.value === null) codes.push('NO_BUILD');
  if (!ofLedger.isUp) codes.push('LEDGER_UNAVAILABLE');
  return codes.map((code) => ({ code, message: reasons[code] }));
}
