import { expect, test } from 'vitest';
import { ServiceError } from '../../src/web/requests.ts';
import { comparableName, takenName } from '../../src/web/saved/taken-name.ts';

const details = { code: 'SAVED_QUERY_NAME_TAKEN', savedQueryId: '7', owner: 'ana', mayChange: true };

test('a taken name can be replaced if the service says so', () => {
  expect(takenName(new ServiceError('taken', details))).toEqual({ id: '7', owner: 'ana' });
  expect(takenName(new ServiceError('taken', { ...details, mayChange: false }))).toBeNull();
  expect(takenName(new ServiceError('full', { ...details, code: 'SAVED_QUERY_LIMIT' }))).toBeNull();
  expect(takenName(new Error('offline'))).toBeNull();
});

test('names are compared as the service compares them', () => {
  expect(comparableName(' Cafe\u0301 ')).toBe('Caf\u00e9');
});
