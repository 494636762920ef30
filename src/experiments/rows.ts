/**
 * The rows of the paper's tables as changes to one config. The config is a TRM of any size: rows take its width, heads, halting
 * and number format over.
 */
import type { ArchOf, ResolvedConfig } from '../config/resolve';
import { effectiveDepth } from '../model/shapes';
import { table3, type PaperExperiment } from './paper';
import { UsageProblem } from './usage';

/** A row of an experiment. */
export interface ExperimentRow {
  /** Its name on the command line and in run.json; paper.ts has the paper's numbers by it. */
  readonly key: string;
  readonly title: string;
  /** What makes it of the config. */
  readonly overrides: readonly string[];
}

type Trm = ArchOf<'trm'>;

/** `arch:` of another architecture, with what it shares with a TRM. */
function instead({ loss, hidden_size, num_heads, expansion, puzzle_emb_ndim, rms_norm_eps, rope_theta, forward_dtype }: Trm, own: Readonly<Record<string, unknown>>): string {
  return `arch=${JSON.stringify({ loss, hidden_size, num_heads, expansion, puzzle_emb_ndim, rms_norm_eps, rope_theta, forward_dtype, ...own })}`;
}

/** HRM as the paper compares with it: two networks of four layers with self-attention; n = L_cycles, T = H_cycles. */
const hrm = (arch: Trm, L_cycles: number, H_cycles: number): string =>
  instead(arch, { name: 'hrm', pos_encodings: 'rope', mlp_t: false, halt_max_steps: arch.halt_max_steps, halt_exploration_prob: arch.halt_exploration_prob, H_layers: 4, L_layers: 4, H_cycles, L_cycles });

/** Direct prediction by the same blocks. */
const direct = (arch: Trm, H_layers: number): string =>
  instead(arch, { name: 'direct', mlp_t: arch.mlp_t, pos_encodings: arch.pos_encodings, puzzle_emb_len: arch.puzzle_emb_len, H_layers });

/** Table 1, Table 2's numbers of features, and direct prediction at TRM's parameters and at TRM's depth. */
function ablation(arch: Trm): ExperimentRow[] {
  const { H_cycles: T, L_cycles: n, L_layers: layers } = arch;
  const half = Math.ceil(n / 2);
  return [
    { key: 'trm', title: `TRM (T = ${T}, n = ${n})`, overrides: [] },
    { key: 'act', title: 'w/ ACT', overrides: ['arch.no_ACT_continue=false'] },
    { key: 'separate', title: 'w/ separate f_H, f_L', overrides: ['arch.separate_networks=true'] },
    { key: 'no_ema', title: 'no EMA', overrides: ['ema=false'] },
    { key: 'layers', title: `w/ ${2 * layers} layers, n = ${half}`, overrides: [`arch.L_layers=${2 * layers}`, `arch.L_cycles=${half}`] },
    { key: 'attention', title: 'w/ self-attention', overrides: ['arch.mlp_t=false', 'arch.pos_encodings=rope'] },
    { key: 't2n2', title: 'w/ T = 2, n = 2', overrides: ['arch.H_cycles=2', 'arch.L_cycles=2'] },
    { key: 'one_step', title: 'w/ 1-step gradient', overrides: ['arch.gradient=one_step'] },
    { key: 'hrm', title: 'HRM (T = 2, n = 2)', overrides: [hrm(arch, 2, 2)] },
    { key: 'multi_z', title: `multi-scale z (${n + 1} features)`, overrides: ['arch.name=trm_hier6', `arch.z_features=${n}`] },
    { key: 'single_z', title: 'single z (1 feature)', overrides: ['arch.name=trm_singlez'] },
    { key: 'direct_parameters', title: `direct prediction, ${layers} layers (TRM's parameters)`, overrides: [direct(arch, layers)] },
    { key: 'direct_depth', title: `direct prediction, ${effectiveDepth(arch)} layers (TRM's depth)`, overrides: [direct(arch, effectiveDepth(arch))] },
  ];
}

/** Table 3: HRM (n = k, four layers) against TRM (n = 2k, two layers). */
const depths = (arch: Trm): ExperimentRow[] => table3.flatMap(([k, T]): ExperimentRow[] => [
  { key: `hrm_k${k}_T${T}`, title: `HRM, k = ${k}, T = ${T}`, overrides: [hrm(arch, k, T)] },
  { key: `trm_k${k}_T${T}`, title: `TRM, k = ${k}, T = ${T}`, overrides: [`arch.L_cycles=${2 * k}`, `arch.H_cycles=${T}`, 'arch.L_layers=2'] },
]);

/** The rows of an experiment on a config. Throws UsageProblem when the config is no TRM. */
export function experimentRows(experiment: PaperExperiment, { arch }: ResolvedConfig): ExperimentRow[] {
  if (arch.name !== 'trm') throw new UsageProblem(`The config trains ${arch.name}; the rows of the ${experiment} experiment are changes to a TRM.`, 'Use a config whose arch.name is trm.');
  return experiment === 'ablation' ? ablation(arch) : depths(arch);
}
