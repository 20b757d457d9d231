import { emptyRecord } from '../../local/redshift-lint/record.ts';

/** A test run begins without the statements of an earlier one, which would hide that a query is sent no more. */
export default function setup(): void {
  emptyRecord();
}
