/**
 * The presets: the example configs that come with the extension, offered by "New Config from Preset". They are plain files,
 * so that what people copy is what they can read.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A preset: a file of the examples folder, in words. */
export interface Preset {
  readonly name: string;
  readonly title: string;
  /** What it trains and how long that takes. */
  readonly description: string;
}

/** All presets, quickest first. */
export const presets: readonly Preset[] = [
  { name: 'sudoku-4x4', title: 'Sudoku 4x4', description: 'Learns on a CPU in one to three minutes: to see everything work.' },
  { name: 'sudoku-4x4-direct', title: 'Sudoku 4x4, direct prediction', description: 'One pass from question to answer; about a minute on a CPU.' },
  { name: 'sudoku-4x4-hrm', title: 'Sudoku 4x4, HRM', description: 'The Hierarchical Reasoning Model that TRM simplifies; about a minute on a CPU.' },
  { name: 'sudoku-4x4-deq', title: 'Sudoku 4x4, deep equilibrium', description: 'The answer is a fixed point, with the solver in the charts; about five minutes on a CPU.' },
  { name: 'sudoku-6x6', title: 'Sudoku 6x6', description: 'The next size up; about five minutes on a CPU.' },
  { name: 'maze-10', title: 'Mazes 10x10', description: 'Small mazes with one shortest way; minutes on a CPU.' },
  { name: 'sudoku-hard', title: 'Sudoku 9x9, hard', description: 'Hard puzzles from your CSV files; hours on a GPU.' },
  { name: 'sudoku-extreme', title: 'Sudoku-Extreme (paper)', description: 'The paper\'s TRM-MLP run: 1,000 puzzles, 1,000 copies each; days on one GPU.' },
  { name: 'maze-hard', title: 'Maze-Hard (paper)', description: 'The paper\'s TRM-Att run on 30x30 mazes; a day on several GPUs.' },
  { name: 'arc-1', title: 'ARC-AGI-1 (paper)', description: 'The paper\'s TRM-Att run: 960 tasks, 1,000 copies each; days on several GPUs.' },
  { name: 'arc-2', title: 'ARC-AGI-2 (paper)', description: 'The same on the tasks of ARC-AGI-2; days on several GPUs.' },
];

/** File name of a preset. */
export function presetFile(preset: Preset): string {
  return `${preset.name}.trm.yaml`;
}

/** The text of a preset. `examples` is the examples folder of the extension or the clone. Throws when the file is not there. */
export function readPreset(examples: string, preset: Preset): string {
  return readFileSync(path.join(examples, presetFile(preset)), 'utf8');
}
