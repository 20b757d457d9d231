import 'reflect-metadata';
import type { TestProject } from 'vitest/node';
import { skipReason, startService } from './service.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the service without authentication listens that the test files share; empty if browser tests are skipped. */
    sharedOrigin: string;
  }
}

/** Runs once, before all test files: starts the service that they share. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const service = skipReason ? null : await startService();
  project.provide('sharedOrigin', service?.origin ?? '');
  return async () => service?.close();
}
