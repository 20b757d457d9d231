import * as commonErrors from '../../errors.ts';
import * as requestErrors from '../../limits/request-errors.ts';
import * as pushErrors from '../../push/errors.ts';

/** An error as it is sent to another thread. */
export interface ErrorMessage {
  /** The class, if it is one of the domain's; else null. One that this file does not know is sent as `DomainError`, with its name. */
  readonly domainClass: string | null;
  readonly message: string;
  readonly stack: string | undefined;
  /** The error's own properties: of a domain error all, of another those that are plain values. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly cause: ErrorMessage | null;
  /** Of an AggregateError; else empty. */
  readonly errors: readonly ErrorMessage[];
}

/** Causes of causes beyond this are left out. They could form a circle. */
const maxDepth = 8;

type ErrorClass = typeof commonErrors.DomainError;

const domainClasses = new Map(
  Object.entries({ ...commonErrors, ...requestErrors, ...pushErrors }).filter((entry): entry is [string, ErrorClass] =>
    isDomainClass(entry[1]),
  ),
);

function isDomainClass(value: unknown): boolean {
  const { DomainError } = commonErrors;
  return typeof value === 'function' && (value === DomainError || value.prototype instanceof DomainError);
}

/** Structured cloning keeps neither the class of an error nor its own properties, so they are sent beside it. */
export function encodeError(error: unknown, depth = 0): ErrorMessage {
  if (!(error instanceof Error)) {
    return { domainClass: null, message: String(error), stack: undefined, properties: {}, cause: null, errors: [] };
  }
  const { message, stack, cause } = error;
  const domainClass = error instanceof commonErrors.DomainError ? domainClassOf(error) : null;
  // The driver's errors may have properties that can't be cloned, such as the client.
  const properties = Object.fromEntries(
    Object.entries(error).filter(([, value]) => domainClass !== null || value === null || typeof value !== 'object'),
  );
  const name = domainClass === null && error.name !== 'Error' ? { name: error.name } : {};
  return {
    domainClass,
    message,
    stack,
    properties: { ...name, ...withoutFunctions(properties) },
    cause: cause === undefined || depth === maxDepth ? null : encodeError(cause, depth + 1),
    errors:
      error instanceof AggregateError && depth < maxDepth
        ? error.errors.map((each: unknown) => encodeError(each, depth + 1))
        : [],
  };
}

const domainClassOf = (error: Error): string =>
  [...domainClasses].find(([, each]) => each === error.constructor)?.[0] ?? commonErrors.DomainError.name;

const withoutFunctions = (properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => !['function', 'symbol'].includes(typeof value)));

/** The error that was encoded: of the same class, if that is one of the domain's, with the same properties. */
export function decodeError({ domainClass, message, stack, properties, cause, errors }: ErrorMessage): Error {
  const options = cause === null ? {} : { cause: decodeError(cause) };
  const error =
    errors.length === 0 ? new Error(message, options) : new AggregateError(errors.map(decodeError), message, options);
  const own = domainClass === null ? undefined : domainClasses.get(domainClass);
  if (own) Object.setPrototypeOf(error, own.prototype);
  // Not enumerable, as in any error.
  Object.defineProperty(error, 'stack', { value: stack, writable: true, configurable: true });
  return Object.assign(error, properties);
}
