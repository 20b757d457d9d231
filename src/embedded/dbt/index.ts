export { DbtProjectError } from './errors.ts';
export type { DbtClient } from './materialise.ts';
export { loadDbtProject } from './project.ts';
export {
  attributionSchema,
  type ModelEvent,
  type RunOptions,
  type RunResult,
  renderTest,
  runDbtProject,
} from './run.ts';
export type { DbtColumn, DbtModel, DbtProject, DbtSource, DbtTest } from './types.ts';
