/** Maze datasets: generated or from CSV files, with the other seven symmetric copies stored in training when asked for. */
import { dihedrals } from './dihedral';
import { mazeFormat, mazeTokens } from './maze-board';
import type { MazePuzzle } from './maze-board';
import { mazeRow, mazeRowForm } from './maze-csv';
import { generateMazes } from './maze-generate';
import type { MazeOptions } from './maze-generate';
import { turnBoard } from './maze-symmetry';
import type { LongWork } from './pacing';
import { csvSplits, generatedSplits, SkippedRows, writeSplits } from './write-splits';
import type { BuildReport, CsvSource, SplitSource } from './write-splits';

/** A maze dataset to build. */
export interface MazeBuild {
  readonly size: number;
  readonly from: CsvSource | { readonly generate: Omit<MazeOptions, 'size' | 'seed'> };
  /** Stored symmetric copies of each training maze: the original alone, or all eight, as published. */
  readonly copies: 0 | 7;
  readonly seed: number;
  /** Replace a dataset that is already there. */
  readonly overwrite?: boolean;
  /** Recorded beside the data in `built_from.json`. */
  readonly builtFrom?: unknown;
}

/** Cells of the ways, start and goal included. */
class WayLengths {
  private least = Infinity;
  private most = 0;
  private sum = 0;
  private count = 0;

  add({ solution }: MazePuzzle): void {
    const cells = solution.reduce((sum, token) => sum + Number(token === mazeTokens.way), 2);
    this.least = Math.min(this.least, cells);
    this.most = Math.max(this.most, cells);
    this.sum += cells;
    this.count++;
  }

  get words(): string {
    return `shortest ways of ${this.least} to ${this.most} cells, ${(this.sum / this.count).toFixed(1)} on average`;
  }
}

/**
 * Builds a maze dataset at `folder`: all of it or, on any failure or abort, nothing. Throws DatasetError, or the signal's
 * reason.
 */
export async function buildMaze(build: MazeBuild, folder: string, work: LongWork = {}): Promise<BuildReport> {
  const { size, seed, from } = build;
  const skipped = new SkippedRows();
  const lengths = new WayLengths();
  async function* generated(options: Omit<MazeOptions, 'size' | 'seed'>): AsyncGenerator<SplitSource<MazePuzzle>> {
    yield* generatedSplits(await generateMazes({ ...options, size, seed }, work, [0, 0.8]));
  }
  const report = await writeSplits(
    folder,
    {
      format: mazeFormat(size), overwrite: build.overwrite, builtFrom: build.builtFrom,
      group: (maze, split) => {
        lengths.add(maze);
        const symmetries = split === 'train' && build.copies > 0 ? dihedrals : dihedrals.slice(0, 1);
        return symmetries.map(symmetry => ({ identifier: 0, examples: [{ inputs: turnBoard(size, maze.question, symmetry), labels: turnBoard(size, maze.solution, symmetry) }] }));
      },
    },
    'generate' in from ? generated(from.generate) : csvSplits(from, { parse: mazeRow(size), form: mazeRowForm }, seed, skipped, work),
    skipped, work,
  );
  return { ...report, notes: [...report.notes, lengths.words] };
}
