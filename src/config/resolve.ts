/**
 * From a valid config to a resolved one: defaults that depend on other keys are filled in, and combinations that cannot work
 * are named. Everything after `config/` sees only `ResolvedConfig`.
 */
import type { KeyPath } from './describe';
import type { ArchConfig, ArchName } from './arch-schema';
import type { TrmConfig } from './schema';

type Resolved<A> = A extends ArchConfig ? Omit<A, 'puzzle_emb_ndim'> & { puzzle_emb_ndim: number } : never;
/** `arch:` with the size of the puzzle embedding known (0: none). */
export type ResolvedArch = Resolved<ArchConfig>;
/** That of the architecture of this name. */
export type ArchOf<N extends ArchName> = Extract<ResolvedArch, { name: N }>;

/** A config ready to be trained: every key has a value. It is one run: what a sweep varies is put in as overrides. */
export type ResolvedConfig = Omit<TrmConfig, 'arch' | 'eval_interval' | 'micro_batch_size' | 'sweep'> & { arch: ResolvedArch; eval_interval: number; micro_batch_size: number };

/** Two or more keys that do not go together. */
export interface Conflict {
  /** The key to point at; `others` are tried in order when it is not written. */
  readonly path: KeyPath;
  readonly others?: readonly KeyPath[];
  readonly what: string;
  readonly expected?: string;
  readonly found?: string;
  /** What would do in the place of the value at `path`. */
  readonly replacement?: string;
}

const publishedEvalInterval = 10000;

/** Fills in what depends on other keys. */
export function resolveConfig(config: TrmConfig): ResolvedConfig {
  const { epochs } = config;
  const one: Partial<Pick<TrmConfig, 'sweep'>> & Omit<TrmConfig, 'sweep'> = { ...config };
  delete one.sweep;
  return {
    ...one,
    arch: { ...config.arch, puzzle_emb_ndim: config.arch.puzzle_emb_ndim ?? config.arch.hidden_size },
    micro_batch_size: config.micro_batch_size ?? config.global_batch_size,
    eval_interval: config.eval_interval ?? (epochs % publishedEvalInterval === 0 ? publishedEvalInterval : epochs),
  };
}

/** The divisor of `n` nearest to `wanted`. */
function nearestDivisor(n: number, wanted: number): number {
  let best = n;
  for (let d = 1; d * d <= n; d++) {
    if (n % d !== 0) continue;
    for (const candidate of [d, n / d]) if (Math.abs(candidate - wanted) < Math.abs(best - wanted)) best = candidate;
  }
  return best;
}

function archConflicts(arch: ResolvedArch): Conflict[] {
  const conflicts: Conflict[] = [];
  const { puzzle_emb_ndim: ndim, hidden_size: hidden, num_heads: heads } = arch;
  const length = 'puzzle_emb_len' in arch ? arch.puzzle_emb_len : 0;
  if (ndim === 0 && length > 0) {
    conflicts.push({ path: ['arch', 'puzzle_emb_ndim'], others: [['arch', 'puzzle_emb_len']], what: 'puzzle_emb_ndim: 0 (no puzzle embedding) does not go with puzzle_emb_len above 0', expected: 'puzzle_emb_len: 0, or puzzle_emb_ndim above 0', found: `puzzle_emb_len: ${length}` });
  } else if (length > 0 && ndim > length * hidden) {
    conflicts.push({ path: ['arch', 'puzzle_emb_ndim'], others: [['arch', 'puzzle_emb_len']], what: 'puzzle_emb_ndim does not fit into puzzle_emb_len positions', expected: `at most puzzle_emb_len * hidden_size = ${length * hidden}`, found: String(ndim), replacement: String(length * hidden) });
  }
  if (arch.name === 'transformers_baseline' && arch.pos_encodings === 'none') {
    conflicts.push({ path: ['arch', 'pos_encodings'], what: 'transformers_baseline without position encodings cannot tell one cell from another', expected: 'rope or learned', found: 'none' });
  }
  if (arch.name === 'trm_hier6' && arch.z_features < arch.L_cycles) {
    conflicts.push({ path: ['arch', 'L_cycles'], others: [['arch', 'z_features']], what: 'step i of L_cycles sets the i-th z, and there are fewer', expected: `at most z_features = ${arch.z_features}`, found: String(arch.L_cycles), replacement: String(arch.z_features) });
  }
  if (!('mlp_t' in arch && arch.mlp_t)) {
    if (heads > hidden) {
      conflicts.push({ path: ['arch', 'num_heads'], others: [['arch', 'hidden_size']], what: 'more attention heads than hidden_size', expected: `at most hidden_size = ${hidden}`, found: String(heads), replacement: String(hidden) });
    } else if (arch.pos_encodings === 'rope' && Math.floor(hidden / heads) % 2 !== 0) {
      conflicts.push({ path: ['arch', 'num_heads'], others: [['arch', 'hidden_size']], what: 'pos_encodings: rope needs an even head dimension', expected: 'floor(hidden_size / num_heads) to be even', found: `floor(${hidden} / ${heads}) = ${Math.floor(hidden / heads)}` });
    }
  }
  return conflicts;
}

/** Keys for generated puzzles beside a CSV, and the other way round. */
function csvConflicts(csv: string | undefined, generating: Readonly<Record<string, unknown>>, minRating: number | undefined): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const [key, value] of Object.entries(generating)) {
    if (csv !== undefined && value !== undefined) conflicts.push({ path: ['dataset', key], what: `${key} is for generated puzzles and does not go with csv`, expected: `${key} or csv, not both` });
  }
  if (csv === undefined && minRating !== undefined) {
    conflicts.push({ path: ['dataset', 'min_rating'], what: 'min_rating is for rows of a CSV file and needs csv', expected: 'csv to be set' });
  }
  return conflicts;
}

function holesConflicts([fewest, most]: readonly [number, number], cells: number): Conflict[] {
  if (fewest > most) return [{ path: ['dataset', 'holes'], what: 'the fewest empty cells come first', expected: `[${most}, ${fewest}]`, found: `[${fewest}, ${most}]`, replacement: `[${most}, ${fewest}]` }];
  if (most >= cells) return [{ path: ['dataset', 'holes'], what: 'more empty cells than a puzzle with one solution can have', expected: `fewer than size * size = ${cells}`, found: String(most) }];
  return [];
}

function datasetConflicts(dataset: ResolvedConfig['dataset']): Conflict[] {
  if (dataset?.kind === 'sudoku') {
    const { csv, holes, min_rating, size } = dataset;
    return [...csvConflicts(csv, { holes }, min_rating), ...(holes ? holesConflicts(holes, size ** 2) : [])];
  }
  if (dataset?.kind === 'maze') {
    const { csv, min_path, layout, loops, min_rating, size } = dataset;
    const tooLong = min_path !== undefined && min_path > size ** 2 / 2;
    return [
      ...csvConflicts(csv, { min_path, layout, loops }, min_rating),
      ...(tooLong ? [{ path: ['dataset', 'min_path'], what: 'a longer way than walls of this side leave room for', expected: `at most half the cells, ${Math.floor(size ** 2 / 2)}`, found: String(min_path), replacement: String(Math.floor(size ** 2 / 2)) }] : []),
    ];
  }
  if (dataset?.kind === 'arc' && (dataset.subsets || dataset.test_set !== undefined)) {
    const { subsets, test_set } = dataset;
    if (subsets && test_set === undefined) return [{ path: ['dataset', 'subsets'], what: 'subsets of your own need a test_set', expected: `test_set to be one of ${subsets.join(', ')}` }];
    if (subsets && !subsets.includes(test_set!)) return [{ path: ['dataset', 'test_set'], what: 'is none of the subsets', expected: `one of ${subsets.join(', ')}`, found: test_set! }];
  }
  return [];
}

/** What cannot work together, each with the key to point at. */
export function findConflicts(config: ResolvedConfig): Conflict[] {
  const conflicts: Conflict[] = [...archConflicts(config.arch), ...datasetConflicts(config.dataset)];
  if (config.epochs % config.eval_interval !== 0) {
    const divisor = String(nearestDivisor(config.epochs, config.eval_interval));
    conflicts.push({ path: ['eval_interval'], what: 'must divide epochs', expected: `a divisor of ${config.epochs}, e.g. ${divisor}`, found: String(config.eval_interval), replacement: divisor });
  }
  if (config.global_batch_size % config.micro_batch_size !== 0) {
    const divisor = String(nearestDivisor(config.global_batch_size, config.micro_batch_size));
    conflicts.push({ path: ['micro_batch_size'], what: 'must divide global_batch_size', expected: `a divisor of ${config.global_batch_size}, e.g. ${divisor}`, found: String(config.micro_batch_size), replacement: divisor });
  }
  for (const beta of ['beta1', 'beta2'] as const) {
    if (config[beta] >= 1) conflicts.push({ path: [beta], what: 'a moment that never changes cannot train', expected: 'a number from 0 to below 1', found: String(config[beta]) });
  }
  return conflicts;
}
