/**
 * What the paper reports (arXiv:2510.04871, Tables 1 to 3): percent of Sudoku-Extreme test puzzles wholly right, of models of
 * width 512 trained on a GPU. By experiment and row.
 */

/** The experiments that are tables of the paper. */
export const paperExperiments = ['ablation', 'depths'] as const;
/** One of them. */
export type PaperExperiment = (typeof paperExperiments)[number];

/** What the paper reports of a row. */
export interface PaperRow {
  /** Percent; null: it ran out of memory. */
  readonly accuracy: number | null;
  readonly table: 1 | 2 | 3;
}

/** k, T, and the accuracies of HRM (n = k) and TRM (n = 2k), as printed in Table 3. */
export const table3: readonly (readonly [k: number, T: number, hrm: number, trm: number | null])[] = [
  [1, 1, 46.4, 63.2], [2, 2, 55.0, 81.9], [3, 3, 61.6, 87.4], [4, 4, 59.5, 84.2], [6, 3, 62.3, null], [3, 6, 58.8, 85.8], [6, 6, 57.5, null],
];

/** Accuracies in Table 1. */
const table1 = { trm: 87.4, act: 86.1, separate: 82.4, no_ema: 79.9, layers: 79.5, attention: 74.7, t2n2: 73.7, one_step: 56.5, hrm: 55.0 } as const;
/** Accuracies in Table 2 that are not in Table 1. */
const table2 = { multi_z: 77.6, single_z: 71.9 } as const;

const of = (table: PaperRow['table'], accuracies: Readonly<Record<string, number | null>>): [string, PaperRow][] => Object.entries(accuracies).map(([row, accuracy]) => [row, { accuracy, table }]);

const rows: Readonly<Record<PaperExperiment, ReadonlyMap<string, PaperRow>>> = {
  ablation: new Map([...of(1, table1), ...of(2, table2)]),
  depths: new Map(table3.flatMap(([k, T, hrm, trm]) => of(3, { [`hrm_k${k}_T${T}`]: hrm, [`trm_k${k}_T${T}`]: trm }))),
};

/** What the paper reports of a row; null when it has none. */
export const paperRow = (experiment: PaperExperiment, row: string): PaperRow | null => rows[experiment].get(row) ?? null;
