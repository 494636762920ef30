/** The names of the tools for language models, as in package.json: they are registered before anything of a tool is loaded. */
export const toolNames = [
  'trm_list_runs', 'trm_get_run', 'trm_get_metrics', 'trm_get_trace', 'trm_diff_runs', 'trm_validate_config', 'trm_start_training', 'trm_stop_run', 'trm_resume_run',
] as const;

/** A tool's name. */
export type ToolName = (typeof toolNames)[number];
