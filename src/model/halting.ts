/**
 * When a puzzle halts, by architecture: what the halting logits are compared with, whether that is acted on, and whether the
 * continue head is trained.
 */
import type { ResolvedArch } from '../config/resolve';

/** How an architecture halts. */
export interface Halting {
  /** Supervision steps at most. */
  readonly halt_max_steps: number;
  /** Probability, per supervision step, that a slot may only halt from a random step on. */
  readonly halt_exploration_prob: number;
  /** What q_halt must exceed: 0, or the continue logit. */
  readonly threshold: 'zero' | 'q_continue';
  /** Whether slots halt before halt_max_steps: in training, and in evaluation. */
  readonly inTraining: boolean;
  readonly inEvaluation: boolean;
  /** Whether the continue head is trained, on the halting logits of one supervision step more. */
  readonly trainsContinue: boolean;
}

/** The halting of an architecture. With a single supervision step nothing is left to decide. */
export function haltingOf(arch: ResolvedArch): Halting {
  const { halt_max_steps } = arch;
  const several = halt_max_steps > 1;
  switch (arch.name) {
    case 'trm': case 'trm_singlez': case 'trm_hier6':
      return {
        halt_max_steps, halt_exploration_prob: arch.halt_exploration_prob, threshold: arch.no_ACT_continue ? 'zero' : 'q_continue',
        inTraining: several, inEvaluation: false, trainsContinue: several && !arch.no_ACT_continue,
      };
    case 'hrm':
      return { halt_max_steps, halt_exploration_prob: arch.halt_exploration_prob, threshold: 'q_continue', inTraining: several, inEvaluation: false, trainsContinue: several };
    case 'transformers_baseline':
      return {
        halt_max_steps, halt_exploration_prob: arch.halt_exploration_prob, threshold: 'q_continue',
        inTraining: several && arch.act_enabled, inEvaluation: several && arch.act_inference, trainsContinue: false,
      };
    case 'direct': case 'deq':
      return { halt_max_steps, halt_exploration_prob: 0, threshold: 'zero', inTraining: false, inEvaluation: false, trainsContinue: false };
    default:
      return arch satisfies never;
  }
}

/** Whether the halting head says that the answer is right, by its logits. */
export const wantsToHalt = ({ threshold }: Pick<Halting, 'threshold'>, qHalt: number, qContinue: number): boolean => qHalt > (threshold === 'zero' ? 0 : qContinue);
