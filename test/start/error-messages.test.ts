import { expect, test } from 'vitest';
import * as commonErrors from '../../src/errors.ts';
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
  new pushErrors.PushOutcomeUnknown('run', { cause: new commonErrors.LedgerUnavailable({ cause }) }),
])('$constructor.name is the same in another thread', (error) => {
  const received = sent(error);
  expect(received).toBeInstanceOf(error.constructor);
  expect({ ...received }).toStrictEqual({ ...error });
  expect([received.message, received.stack, String(received)]).toEqual([error.message, error.stack, String(error)]);
  expect(received.cause === undefined).toBe(error.cause === undefined);
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
  expect((all as AggregateError).errors[0]).toMatchObject({ code: 'EHOSTUNREACH' });
  expect(sent('a text')).toMatchObject({ message: 'a text' });
});
