import { z } from 'zod';

// What can be made to go wrong. docs/sandbox.md describes each.

const ids = z.array(z.string()).min(1);
/** Whether the request takes effect before it goes wrong. */
const applied = (otherwise: boolean) => z.boolean().default(otherwise);

const when = {
  /** Which requests: to push, to read back, or both. */
  on: z.enum(['push', 'read', 'any']).default('push'),
  /** Only for so many requests. */
  next: z.int().min(1).optional(),
  /** Only for each so-many-th request. */
  every: z.int().min(1).optional(),
};

const kinds = [
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    code: z.string().default('INJECTED'),
    message: z.string().default('A fault that was asked for.'),
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
    message: z.string().default('A fault that was asked for.'),
    ...when,
  }),
  z.strictObject({ kind: z.literal('onlyKnown'), iterationIds: z.array(z.string()), ...when }),
  z.strictObject({
    kind: z.literal('poison'),
    iterationIds: ids,
    status: z.literal([400, 413, 422]).default(422),
    ...when,
  }),
] as const;

/** What `kind` may be. */
export const faultKinds: readonly string[] = kinds.map(({ shape }) => shape.kind.value);

const fault = z
  .discriminatedUnion('kind', kinds, { error: `is not one of ${faultKinds.join(', ')}` })
  .refine((given) => given.next === undefined || given.every === undefined, 'has both next and every; keep one')
  // The contract: nothing was applied. A sandbox that breaks it would teach the sender to distrust it.
  .refine(
    (given) => given.kind !== 'status' || given.status !== 429 || !given.applied,
    'has status 429 and applied; by the contract a 429 applies nothing',
  );

/** A fault as it is switched on; what has a default may be left out. */
export type FaultInput = z.input<typeof fault>;
export type CsvFault = z.output<typeof fault>;

/** Faults that act on single rows; all that fire act together. */
export type RowFault = Extract<CsvFault, { kind: 'omit' | 'reject' | 'onlyKnown' }>;
/** Faults that take the place of the answer; the first that fires acts. */
export type AnswerFault = Exclude<CsvFault, RowFault>;

/** The faults that act on one request. */
export interface Fired {
  readonly answer: AnswerFault | null;
  readonly rows: readonly RowFault[];
}

/** A fault that is on, with how many requests it could have acted on, and how often it did. */
export type FaultState = CsvFault & { readonly met: number; readonly fired: number };

/** The faults that are switched on. */
export class Faults {
  #on: { readonly fault: CsvFault; met: number; fired: number }[] = [];

  /**
   * Replaces all faults.
   *
   * @throws {z.ZodError} where one is not known or not complete; then nothing changes.
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

  /** Counts a request, and says what acts on it. @param iterationIds of its rows. */
  fire(on: 'push' | 'read', iterationIds: readonly string[]): Fired {
    const fired: CsvFault[] = [];
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

function isRowFault(fault: CsvFault): fault is RowFault {
  return fault.kind === 'omit' || fault.kind === 'reject' || fault.kind === 'onlyKnown';
}
