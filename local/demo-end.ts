/** Where the demo data of tests, benchmarks and checks end, so that they are the same on each day. */
export const demoEnd = '2026-06-29';
