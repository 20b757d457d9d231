import { describe, expect, test, vi } from 'vitest';
import type { DomainError } from '../../src/errors.ts';
import { ServiceStopping } from '../../src/limits/request-errors.ts';
import { RequestsInProgress } from '../../src/limits/request-in-progress.ts';

const requests = (maxExecuting = 2, maxWaiting = 1) =>
  new RequestsInProgress({ maxExecuting, maxWaiting, operationSeconds: 10 });
const codeOf = ({ reason }: AbortSignal): string => (reason as DomainError).extensions.code;

test('more than the maximum are refused, until one has ended', () => {
  const all = requests(2);
  const [first] = [all.begin(), all.begin()];
  expect(() => all.begin()).toThrow(/executing 2 requests, its maximum \(MAX_EXECUTING_REQUESTS\)/);
  first?.end('answered');
  first?.end('answered');
  expect(all.executing).toBe(1);
  all.begin();
  expect(() => all.begin()).toThrow();
});

describe('a request that waits', () => {
  test('leaves its place, once', () => {
    const all = requests(1, 1);
    const { request, end } = all.begin();
    const endWait = request.beginWait(5);
    expect({ executing: all.executing, waiting: all.waiting }).toEqual({ executing: 0, waiting: 1 });
    const other = all.begin();
    expect(other.request.beginWait(5)).toBe(null);
    expect({ executing: all.executing, waiting: all.waiting }).toEqual({ executing: 0, waiting: 1 });
    endWait?.();
    endWait?.();
    end('answered');
    other.end('answered');
    expect({ executing: all.executing, waiting: all.waiting }).toEqual({ executing: 0, waiting: 0 });
  });

  test('has its time limit again after the wait', () => {
    vi.useFakeTimers();
    try {
      const { request } = requests().begin();
      vi.advanceTimersByTime(9_000);
      request.beginWait(5);
      vi.advanceTimersByTime(14_999);
      expect(request.signal.aborted).toBe(false);
      vi.advanceTimersByTime(1);
      expect(codeOf(request.signal)).toBe('DEADLINE_EXCEEDED');
    } finally {
      vi.useRealTimers();
    }
  });
});

test('a request that has ended starts no timer, which would delay the exit of the process', () => {
  vi.useFakeTimers();
  try {
    const { request, end } = requests().begin();
    end('disconnected');
    // Its work goes on until it notices.
    request.limitTo(900, 'X_SECONDS');
    request.beginWait(5)?.();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('the signal is aborted by the end of the connection, the time limit and the stop, and not by an answer', () => {
  vi.useFakeTimers();
  try {
    const all = requests(9);
    const [answered, left, late, stopped] = [all.begin(), all.begin(), all.begin(), all.begin()];
    answered?.end('answered');
    left?.end('disconnected');
    expect(codeOf(left?.request.signal as AbortSignal)).toBe('CLIENT_DISCONNECTED');
    late?.request.limitTo(1, 'X_SECONDS');
    vi.advanceTimersByTime(1_000);
    expect(late?.request.signal.reason.message).toMatch(/longer than 1 s \(X_SECONDS\)/);
    all.abortAll(new ServiceStopping());
    expect(codeOf(stopped?.request.signal as AbortSignal)).toBe('SERVICE_STOPPING');
    vi.advanceTimersByTime(60_000);
    expect(answered?.request.signal.aborted).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});
