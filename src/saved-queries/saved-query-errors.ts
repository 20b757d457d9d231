import { DomainError } from '../errors.ts';

/** Enough of a saved query to say which one is meant. */
interface NamedQuery {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
}

export class SavedQueryNotFound extends DomainError {
  constructor(id: string) {
    super(
      'SAVED_QUERY_NOT_FOUND',
      `There is no saved query ${id}: it may have been deleted. To save the query as a new one, leave out the id.`,
      404,
    );
  }
}

/** Another saved query has the name, and the request does not say that it replaces it. */
export class SavedQueryNameTaken extends DomainError {
  /** @param mayChange whether the caller may replace it. */
  constructor({ id, name, owner }: NamedQuery, mayChange: boolean) {
    super(
      'SAVED_QUERY_NAME_TAKEN',
      `input.name: there is a saved query "${name}" of ${owner} already. Choose another name` +
        (mayChange ? `, or replace that one: input.id "${id}".` : '.'),
      409,
      { details: { savedQueryId: id, owner, mayChange } },
    );
  }
}

export class SavedQueryLimitReached extends DomainError {
  constructor(of: 'perOwner' | 'inAll', limit: number) {
    const count = limit.toLocaleString('en');
    super(
      'SAVED_QUERY_LIMIT',
      of === 'perOwner'
        ? `You have ${count} saved queries, the most that one owner may have. Delete some that you no longer need, or replace one.`
        : `The service has ${count} saved queries, the most that it keeps. Delete some of yours, or ask an operator to delete old ones.`,
      409,
    );
  }
}
