import { emptyRecord } from '../../scripts/redshift-guard/record.ts';

/** A test run begins without the statements of an earlier one, which would hide that a query is sent no more. */
export default function setup(): void {
  emptyRecord();
}
