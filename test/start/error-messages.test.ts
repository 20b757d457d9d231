import { expect, test } from 'vitest';
import * as commonErrors from '../../src/errors.ts';
import * as requestErrors from '../../src/limits/request-errors.ts';
import * as pushErrors from '../../src/push/errors.ts';
import { decodeError, encodeError } from '../../src/start/push-thread/error-messages.ts';

const sent = (error: unknown) => decodeError(structuredClone(encodeError(error)));

const cause = Object.assign(new TypeError('no route'), { code: 'EHOSTUNREACH', client: () => {} });

test.each([
  new commonErrors.BadUserInput('first', 'is too large'),
  new commonErrors.WarehouseUnavailable('unbuilt', { cause }),
  new commonErrors.CommitOutcomeUnknown({ cause }),
  new commonErrors.TimeOutOfRange({ type: 'Iteration', id: '1' }, 'created_at', 'infinity'),
  new pushErrors.BuildUnderWay(),
  new pushErrors.PushInterrupted('run', 12, { cause }),
  new pushErrors.PushOutcomeUnknown('run', { cause: new commonErrors.LedgerUnavailable({ cause }) }),
])('$constructor.name is the same in another thread', (error) => {
  const received = sent(error);
  expect(received).toBeInstanceOf(error.constructor);
  expect({ ...received }).toStrictEqual({ ...error });
  expect([received.message, received.stack, String(received)]).toEqual([error.message, error.stack, String(error)]);
  expect(received.cause === undefined).toBe(error.cause === undefined);
});

const { DomainError } = commonErrors;
const details = { runId: 'a run', planHash: null };
const options = { details, headers: new Map([['retry-after', '7']]), cause };
type DomainClass = new () => commonErrors.DomainError;
const isDomainClass = (value: unknown): value is DomainClass =>
  typeof value === 'function' && (value === DomainError || value.prototype instanceof DomainError);
const exported: Readonly<Record<string, unknown>> = { ...commonErrors, ...requestErrors, ...pushErrors };
const classes = Object.values(exported).filter(isDomainClass);
class Unlisted extends DomainError {}

test.each([...classes, Unlisted])('$name keeps its class, name and extensions', (own) => {
  const error: commonErrors.DomainError = Reflect.construct(
    DomainError,
    ['BUILD_REPLACED', 'a text', 503, options],
    own,
  );
  const received = sent(error);
  // A class that is not known there is still one of the domain, which is not masked.
  expect(received.constructor).toBe(own === Unlisted ? DomainError : own);
  expect(received).toMatchObject({ name: own.name, message: 'a text', cause: { code: 'EHOSTUNREACH' } });
  expect({ ...received }).toStrictEqual({ ...error });
  expect(error.extensions).toMatchObject({ ...details, code: 'BUILD_REPLACED', http: { status: 503 } });
});

test('causes and errors beyond a depth are left out', () => {
  let deep: Error = new AggregateError([cause], 'the first');
  for (let depth = 0; depth < 20; depth += 1)
    deep = depth % 2 ? new Error('caused', { cause: deep }) : new AggregateError([deep], 'together');
  let depth = 0;
  for (let next: unknown = sent(deep); next instanceof Error; depth += 1)
    next = next instanceof AggregateError ? next.errors[0] : next.cause;
  expect(depth).toBe(9);
});

test('other errors keep their name, code and causes, and lose what can not be cloned', () => {
  expect(sent(cause)).toMatchObject({ message: 'no route', code: 'EHOSTUNREACH', name: 'TypeError' });
  expect(sent(cause)).not.toHaveProperty('client');
  expect(sent(new Error('failed', { cause })).cause).toMatchObject({ code: 'EHOSTUNREACH' });
  const circle: Error & { cause?: unknown } = new Error('again');
  circle.cause = circle;
  expect(sent(circle)).toMatchObject({ message: 'again', cause: { message: 'again' } });
  const all = sent(new AggregateError([cause], 'none worked'));
  expect(all).toBeInstanceOf(AggregateError);
  expect(all.message).toBe('none worked');
  expect((all as AggregateError).errors[0]).toMatchObject({ code: 'EHOSTUNREACH' });
  expect(sent('a text')).toMatchObject({ message: 'a text' });
});
