export { loadDbtProject, renderProjectOf } from './project.ts';
export { DbtProjectError } from './project-error.ts';
export { renderTemplate } from './render.ts';
export { type RunOptions, type RunResult, renderTest, runDbtProject } from './run.ts';
