export { DbtProjectError } from './errors.ts';
export { loadDbtProject, renderProjectOf } from './project.ts';
export { renderTemplate } from './render.ts';
export { type RunOptions, type RunResult, renderTest, runDbtProject } from './run.ts';
