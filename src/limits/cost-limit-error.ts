import { DomainError } from '../errors.ts';

/** @param message names the limit, and what to reduce. */
export const costLimitError = (message: string): DomainError => new DomainError('COST_LIMIT', message, 400);
