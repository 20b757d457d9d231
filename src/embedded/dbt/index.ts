export { DbtProjectError } from './errors.ts';
export type { DbtClient } from './materialise.ts';
export { loadDbtProject, renderProjectOf } from './project.ts';
export { renderTemplate } from './render.ts';
export {
  attributionSchema,
  type ModelEvent,
  type RunOptions,
  type RunResult,
  renderTest,
  runDbtProject,
} from './run.ts';
export type { DbtColumn, DbtModel, DbtProject, DbtSource, DbtTest } from './types.ts';
