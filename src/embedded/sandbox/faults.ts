import { z } from 'zod';

// Fault injection. docs/sandbox.md describes each fault.

const ids = z.array(z.string()).min(1);
/** Whether the request takes effect before it fails. */
const applied = (byDefault: boolean) => z.boolean().default(byDefault);

const when = {
  /** Which requests: pushes, reads or both. */
  on: z.enum(['push', 'read', 'any']).default('push'),
  /** Only the next n requests. */
  next: z.int().min(1).optional(),
  /** Only every n-th request. */
  every: z.int().min(1).optional(),
};

const kinds = [
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    code: z.string().default('INJECTED'),
    message: z.string().default('An injected fault.'),
    retryAfter: z.string().optional(),
    applied: applied(false),
    ...when,
  }),
  z.strictObject({
    kind: z.literal('redirect'),
    location: z.url(),
    status: z.literal([301, 302, 303, 307, 308]).default(307),
    applied: applied(false),
    ...when,
  }),
  z.strictObject({ kind: z.literal('reset'), applied: applied(false), ...when }),
  z.strictObject({ kind: z.literal('silence'), applied: applied(false), ...when }),
  z.strictObject({ kind: z.literal('cut'), applied: applied(true), ...when }),
  z.strictObject({ kind: z.literal('stall'), applied: applied(true), ...when }),
  z.strictObject({ kind: z.literal('endless'), applied: applied(true), ...when }),
  z.strictObject({ kind: z.literal('html'), applied: applied(true), ...when }),
  z.strictObject({ kind: z.literal('body'), body: z.string(), applied: applied(true), ...when }),
  z.strictObject({ kind: z.literal('omit'), iterationIds: ids.optional(), ...when }),
  z.strictObject({
    kind: z.literal('reject'),
    iterationIds: ids,
    code: z.string().min(1).default('INJECTED'),
    message: z.string().default('An injected fault.'),
    ...when,
  }),
  z.strictObject({ kind: z.literal('onlyKnown'), iterationIds: z.array(z.string()), ...when }),
  z.strictObject({
    kind: z.literal('poison'),
    iterationIds: ids,
    status: z.literal([400, 413, 422]).default(422),
    code: z.string().min(1).default('UNPROCESSABLE'),
    ...when,
  }),
] as const;

/** The values of `kind`. */
export const faultKinds: readonly string[] = kinds.map(({ shape }) => shape.kind.value);

const fault = z
  .discriminatedUnion('kind', kinds, { error: `must be one of ${faultKinds.join(', ')}` })
  .refine((given) => given.next === undefined || given.every === undefined, 'has both next and every; remove one')
  // The sender relies on the contract: a 429 applies nothing.
  .refine(
    (given) => given.kind !== 'status' || given.status !== 429 || !given.applied,
    'has status 429 and applied: true; by the contract a 429 applies nothing',
  );

/** A fault to inject; fields with a default are optional. */
export type FaultInput = z.input<typeof fault>;
export type SandboxFault = z.output<typeof fault>;

/** Faults of single rows. All that fire apply. */
export type RowFault = Extract<SandboxFault, { kind: 'omit' | 'reject' | 'onlyKnown' }>;
/** Faults that replace the answer. The first that fires applies. */
export type AnswerFault = Exclude<SandboxFault, RowFault>;

/** The faults that apply to one request. */
export interface FiredFaults {
  readonly answer: AnswerFault | null;
  readonly rows: readonly RowFault[];
}

/** An active fault, with the number of requests that it matched and of those that it applied to. */
export type FaultState = SandboxFault & { readonly met: number; readonly fired: number };

/** The active faults. */
export class Faults {
  #on: { readonly fault: SandboxFault; met: number; fired: number }[] = [];

  /**
   * Replaces all faults.
   *
   * @throws {z.ZodError} if one is unknown or incomplete; then nothing changes.
   */
  set(faults: unknown): void {
    this.#on = z
      .array(fault)
      .parse(faults)
      .map((one) => ({ fault: one, met: 0, fired: 0 }));
  }

  list(): FaultState[] {
    return this.#on.map(({ fault, met, fired }) => ({ ...fault, met, fired }));
  }

  /** Counts a request and returns the faults that apply to it. @param iterationIds of its rows. */
  fire(on: 'push' | 'read', iterationIds: readonly string[]): FiredFaults {
    const fired: SandboxFault[] = [];
    for (const state of this.#on) {
      const { fault } = state;
      if (fault.on !== 'any' && fault.on !== on) continue;
      if (fault.kind === 'poison' && !iterationIds.some((id) => fault.iterationIds.includes(id))) continue;
      state.met++;
      if (fault.next !== undefined && state.met > fault.next) continue;
      if (fault.every !== undefined && state.met % fault.every !== 0) continue;
      state.fired++;
      fired.push(fault);
    }
    return {
      answer: fired.find((one): one is AnswerFault => !isRowFault(one)) ?? null,
      rows: fired.filter(isRowFault),
    };
  }
}

function isRowFault(fault: SandboxFault): fault is RowFault {
  return fault.kind === 'omit' || fault.kind === 'reject' || fault.kind === 'onlyKnown';
}
