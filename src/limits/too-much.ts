import { DomainError } from '../errors.ts';

/** A request beyond one of the limits; the message names the limit and what to ask less of. */
export const tooMuch = (message: string): DomainError => new DomainError('COST_LIMIT', message, 400);
