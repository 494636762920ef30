/** Sudoku datasets: boards generated or from CSV files, with stored symmetric copies in training. */
import { RandomStream } from '../random/stream';
import type { LongWork } from './pacing';
import { sudokuFormat, sudokuGeometry, tokensOfBoard } from './sudoku-board';
import type { SudokuGeometry, SudokuSize } from './sudoku-board';
import { sudokuRow, sudokuRowForm } from './sudoku-csv';
import { defaultHoles, generateSudoku } from './sudoku-generate';
import type { GeneratedSudoku, SudokuPuzzle } from './sudoku-generate';
import { applySymmetry, drawSymmetry } from './sudoku-symmetry';
import type { Puzzle } from './write-dataset';
import { csvSplits, generatedSplits, SkippedRows, writeSplits } from './write-splits';
import type { BuildReport, CsvSource, SplitSource } from './write-splits';

/** Puzzles to generate. */
export interface GeneratedSource {
  readonly generate: { readonly train: number; readonly test: number; readonly holes?: readonly [number, number] | undefined };
}

/** A Sudoku dataset to build. */
export interface SudokuBuild {
  readonly size: SudokuSize;
  readonly from: CsvSource | GeneratedSource;
  /** Stored symmetric copies of each training puzzle. */
  readonly copies: number;
  readonly seed: number;
  /** Replace a dataset that is already there. */
  readonly overwrite?: boolean;
  /** Recorded beside the data in `built_from.json`. */
  readonly builtFrom?: unknown;
}

/** A report of generated puzzles also says how many there are of each count of empty cells. */
export interface SudokuReport extends BuildReport {
  readonly holes?: GeneratedSudoku['holes'];
}

/** A puzzle and its symmetric copies, the original first. */
function* group(geometry: SudokuGeometry, puzzle: SudokuPuzzle, copies: number, stream: RandomStream | undefined): Generator<Puzzle> {
  const asRow = (question: Uint8Array, solution: Uint8Array): Puzzle => ({ identifier: 0, examples: [{ inputs: tokensOfBoard(question), labels: tokensOfBoard(solution) }] });
  yield asRow(puzzle.question, puzzle.solution);
  for (let copy = 0; stream && copy < copies; copy++) {
    const symmetry = drawSymmetry(stream, geometry);
    yield asRow(applySymmetry(geometry, puzzle.question, symmetry), applySymmetry(geometry, puzzle.solution, symmetry));
  }
}

/**
 * Builds a Sudoku dataset at `folder`: all of it or, on any failure or abort, nothing. Throws DatasetError, or the signal's
 * reason.
 */
export async function buildSudoku(build: SudokuBuild, folder: string, work: LongWork = {}): Promise<SudokuReport> {
  const { size, seed, copies, from } = build;
  const geometry = sudokuGeometry(size);
  const skipped = new SkippedRows();
  let holes: GeneratedSudoku['holes'] | undefined;
  async function* generated({ generate: { train, test, holes: range } }: GeneratedSource): AsyncGenerator<SplitSource<SudokuPuzzle>> {
    const puzzles = await generateSudoku({ size, seed, train, test, holes: range ?? defaultHoles[size] }, work, [0, 0.8]);
    holes = puzzles.holes;
    yield* generatedSplits(puzzles);
  }
  const report = await writeSplits(
    folder,
    {
      format: sudokuFormat(size), overwrite: build.overwrite, builtFrom: build.builtFrom,
      group: (puzzle, split, index) => group(geometry, puzzle, copies, split === 'train' && copies > 0 ? RandomStream.named(seed, 'stored-symmetry', index) : undefined),
    },
    'generate' in from ? generated(from) : csvSplits(from, { parse: sudokuRow(size), form: sudokuRowForm }, seed, skipped, work),
    skipped, work,
  );
  return holes ? { ...report, holes } : report;
}
