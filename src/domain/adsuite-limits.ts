// The limits that contracts/adsuite-metrics.openapi.yaml sets for AdSuite's API.

/** Rows of one push request, and of one page that is read back. */
export const maxAdsuiteRows = 1000;
/** Size of the body of a push request. */
export const maxAdsuiteRequestBytes = 1_048_576;
/** Iteration ids of one read request. */
export const maxAdsuiteIds = 100;
