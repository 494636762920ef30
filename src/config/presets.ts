/**
 * The presets: the example configs that come with the extension, offered by "New Config from Preset". They are plain files,
 * so that what people copy is what they can read.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What a preset is for, in the order in which they are offered. */
export const presetGroups = {
  quick: 'To try out: minutes on a CPU',
  experiments: 'For Run Experiment: one config, whose changes are the rows of a table',
  paper: 'Runs of the paper, and their size: for GPUs',
  table1: 'Table 1 of the paper: one change to TRM each, on Sudoku-Extreme',
  table2: 'Table 2 of the paper: how many features, on Sudoku-Extreme',
} as const;
/** A group of presets. */
export type PresetGroup = keyof typeof presetGroups;

/** A preset: a file of the examples folder, in words. */
export interface Preset {
  readonly name: string;
  readonly title: string;
  /** What it trains and how long that takes; of an ablation, what it changes and what the paper measured. */
  readonly description: string;
  readonly group: PresetGroup;
}

type Entry = readonly [name: string, title: string, description: string];
const entries: Readonly<Record<PresetGroup, readonly Entry[]>> = {
  quick: [
    ['sudoku-4x4', 'Sudoku 4x4', 'Learns on a CPU in one to three minutes: to see everything work.'],
    ['sudoku-4x4-direct', 'Sudoku 4x4, direct prediction', 'One pass from question to answer; about a minute on a CPU.'],
    ['sudoku-4x4-hrm', 'Sudoku 4x4, HRM', 'The Hierarchical Reasoning Model that TRM simplifies; about a minute on a CPU.'],
    ['sudoku-4x4-deq', 'Sudoku 4x4, deep equilibrium', 'The answer is a fixed point, with the solver in the charts; about five minutes on a CPU.'],
    ['sudoku-6x6', 'Sudoku 6x6', 'The next size up; about five minutes on a CPU.'],
    ['maze-10', 'Mazes 10x10', 'Small mazes with one shortest way; minutes on a CPU.'],
    ['arc-small', 'ARC in small', 'Tasks in the manner of ARC-AGI\'s, made on the spot; under ten minutes on a CPU.'],
  ],
  experiments: [
    ['ablation-4x4', 'Ablation, Sudoku 4x4', 'What the rows of the ablation experiment change; one to two minutes a row on a CPU.'],
    ['ablation-6x6', 'Ablation, Sudoku 6x6', 'The same on the next size up; some ten minutes a row on a CPU.'],
    ['ablation-maze-10', 'Ablation, mazes 10x10', 'The same on small mazes; half an hour a row on a CPU.'],
  ],
  paper: [
    ['sudoku-hard', 'Sudoku 9x9, hard', 'Hard puzzles from your CSV files; hours on a GPU.'],
    ['sudoku-extreme', 'Sudoku-Extreme (paper)', 'The paper\'s TRM-MLP run: 1,000 puzzles, 1,000 copies each; days on one GPU.'],
    ['maze-hard', 'Maze-Hard (paper)', 'The paper\'s TRM-Att run on 30x30 mazes; a day on several GPUs.'],
    ['arc-1', 'ARC-AGI-1 (paper)', 'The paper\'s TRM-Att run: 960 tasks, 1,000 copies each; days on several GPUs.'],
    ['arc-2', 'ARC-AGI-2 (paper)', 'The same on the tasks of ARC-AGI-2; days on several GPUs.'],
  ],
  table1: [
    ['sudoku-extreme-act', 'TRM with ACT', 'Trains the continue head, too: no_ACT_continue: false. In the paper 86.1 % (TRM: 87.4 %).'],
    ['sudoku-extreme-separate', 'TRM with separate networks', 'One network for z and one for y: separate_networks: true. In the paper 82.4 %.'],
    ['sudoku-extreme-no-ema', 'TRM without EMA', 'No moving average of the weights: ema: false. In the paper 79.9 %.'],
    ['sudoku-extreme-4-layers', 'TRM with 4 layers, n = 3', 'A larger network, applied less often: L_layers: 4, L_cycles: 3. In the paper 79.5 %.'],
    ['sudoku-extreme-attention', 'TRM with self-attention', 'TRM-Att: mlp_t: false, pos_encodings: rope. In the paper 74.7 %.'],
    ['sudoku-extreme-t2-n2', 'TRM with T = 2, n = 2', 'Fewer recursions: H_cycles: 2, L_cycles: 2. In the paper 73.7 %.'],
    ['sudoku-extreme-one-step', 'TRM with 1-step gradient', 'Gradient through the last updates only: gradient: one_step. In the paper 56.5 %.'],
    ['sudoku-extreme-hrm', 'HRM', 'The Hierarchical Reasoning Model: two networks of 4 layers. In the paper 55.0 %.'],
  ],
  table2: [
    ['sudoku-extreme-multi-z', 'TRM with multi-scale z', 'A z of its own for every update, 7 features in all: trm_hier6. In the paper 77.6 % (y and z: 87.4 %).'],
    ['sudoku-extreme-single-z', 'TRM with a single z', 'One feature that is the answer, too: trm_singlez. In the paper 71.9 %.'],
  ],
};

/** All presets by group, in each quickest or best first. */
export const presets: readonly Preset[] = (Object.keys(presetGroups) as PresetGroup[])
  .flatMap(group => entries[group].map(([name, title, description]) => ({ name, title, description, group })));

/** File name of a preset. */
export function presetFile(preset: Preset): string {
  return `${preset.name}.trm.yaml`;
}

/** The text of a preset. `examples` is the examples folder of the extension or the clone. Throws when the file is not there. */
export function readPreset(examples: string, preset: Preset): string {
  return readFileSync(path.join(examples, presetFile(preset)), 'utf8');
}
