/** What is to be known of an ARC test row besides its tokens: which task and copy it is, and the task's examples as that copy has them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { augmentGrid, parseName } from './arc-augment';
import { arcSideOf, gridRows } from './arc-board';
import { readArcTasks } from './arc-tasks';
import type { DatasetSplit } from './dataset';
import type { Grid } from './dihedral';
import { readIdentifiers } from './identifiers';

/** A row in context. */
export interface ArcContext {
  /** E.g. "task 00576224, test input 1". */
  readonly label: string;
  /** Rows of colours. */
  readonly examples: { readonly input: number[][]; readonly output: number[][] }[];
}

/**
 * Reads what there is to say of the rows of a test split; undefined for other kinds of data, or when the folder does not say.
 * Throws DatasetError for a file that cannot be read.
 */
export function arcContext(split: DatasetSplit, folders: readonly string[]): ((example: number) => ArcContext | undefined) | undefined {
  const [folder] = folders;
  if (arcSideOf(split.metadata) === undefined || folder === undefined || folders.length !== 1) return undefined;
  const names = readIdentifiers(folder);
  const file = join(folder, 'test_puzzles.json');
  if (!names || !existsSync(file)) return undefined;
  const tasks = new Map(readArcTasks(file).tasks.map(task => [task.id, task]));
  return example => {
    const puzzle = split.puzzleOf(example);
    const name = parseName(names[split.puzzleIdentifiers[puzzle]!] ?? '');
    const task = name && tasks.get(name.task);
    if (!task) return undefined;
    const { augmentation } = name;
    const seen = (grid: Grid): number[][] => gridRows(augmentation ? augmentGrid(augmentation, grid) : grid);
    return {
      label: `task ${task.id}, test input ${example - split.puzzleIndices[puzzle]! + 1}${augmentation ? ' (an augmented copy)' : ''}`,
      examples: task.train.map(({ input, output }) => ({ input: seen(input), output: seen(output) })),
    };
  };
}
