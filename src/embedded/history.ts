/**
 * Forgets how iterations were first seen (warehouse/dbt/models/quality). To be run where other data than before is loaded:
 * to the checks of data quality every iteration of the old would else be gone, and many of the new edited. The views on it
 * are attribution's to make again.
 */
export const forgetStatement = 'drop table if exists attribution.iterations_first_seen cascade';
