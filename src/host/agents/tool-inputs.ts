/**
 * The tools that language models may call, by name: what each takes. package.json says the same as JSON schema (a test holds the two
 * together); what a model sends is checked against this before anything is done with it.
 */
import { z } from 'zod';
import { writtenStates, type RunState } from '../../runs/schema';
import type { ToolName } from './tool-names';

const states = ['queued', ...writtenStates, 'crashed', 'lost'] as const satisfies readonly RunState[];

const text = (description: string) => z.string().min(1).max(500).describe(description);
const run = text('Id of a run, as trm_list_runs gives it, or the name of one: then the newest of that name.');
const config = text('Path of a config (NAME.trm.yaml, or a published YAML config) in the workspace, absolute or relative to a workspace folder.');

/** Inputs by tool. */
export const toolInputs = {
  trm_list_runs: z.strictObject({
    state: z.enum(states).optional().describe('Only runs in this state.'),
    limit: z.int().min(1).max(200).default(50).describe('Runs at most, newest first.'),
  }),
  trm_get_run: z.strictObject({ run }),
  trm_get_metrics: z.strictObject({ run, points: z.int().min(1).max(200).default(40).describe('Stretches of training steps, each given by the means over it.') }),
  trm_get_trace: z.strictObject({
    run,
    puzzle: z.int().min(0).describe('Number of the test puzzle.'),
    checkpoint: text('Name of a checkpoint, e.g. step-120; "best"; or "live", the present weights of a running run.').default('best'),
    depth: z.int().min(1).max(128).optional().describe('Supervision steps; default: the config\'s halt_max_steps.'),
  }),
  trm_diff_runs: z.strictObject({ runs: z.array(run).min(2).max(7).describe('The runs to compare.') }),
  trm_validate_config: z.strictObject({ config, overrides: z.array(z.string().max(500)).max(50).default([]).describe('Overrides as on the command line, e.g. arch.L_cycles=4.') }),
  trm_start_training: z.strictObject({ config }),
  trm_stop_run: z.strictObject({ run }),
  trm_resume_run: z.strictObject({ run }),
} as const satisfies Readonly<Record<ToolName, z.ZodType>>;

/** A tool's input, checked. */
export type ToolInput<N extends ToolName> = z.infer<(typeof toolInputs)[N]>;

/** What package.json says of a tool's input. */
export function inputJsonSchema(name: ToolName): Record<string, unknown> {
  return Object.fromEntries(Object.entries(z.toJSONSchema(toolInputs[name], { io: 'input' })).filter(([key]) => key !== '$schema'));
}
