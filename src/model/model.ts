/**
 * What a model is to training, evaluation and tracing: features carried from one supervision step to the next, an embedded
 * question, and the two parts of a supervision step, one that carries no gradient and one that does. Each architecture is one
 * file that returns a `Model`.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ResolvedArch } from '../config/resolve';
import type { Weights } from './blocks';
import { embed } from './embedding';
import { numberFormat } from './number-format';
import type { NumberFormat } from './number-format';
import { carriedFeatures, prefixLength } from './shapes';
import type { DataShape } from './shapes';

/** Features by their published names, e.g. z_H (y) and z_L (z); [B, S, D] each. */
export type Features = Readonly<Record<string, Tensor>>;

/** One update inside a supervision step, for the trace: latent recursion t and inner step i, both from 1. */
export interface Update { readonly t: number; readonly i: number; readonly feature: string }

/** Who is told what happens inside a supervision step. */
export interface Observer {
  /** After every update, with all features as they are then. */
  updated?(update: Update, features: Features): void;
  /** What an update measured of itself, a number per puzzle [B]; also while the gradient is computed. Whoever keeps it beyond that must `tf.keep` it. */
  measured?(name: string, values: Tensor): void;
}

/** What a model is made of, as plain data: another thread makes the same model from it. */
export interface ModelOrigin { readonly arch: ResolvedArch; readonly data: DataShape }

/** A model. */
export interface Model {
  readonly origin: ModelOrigin;
  /** The features there are when a supervision step is done, the answer y first. */
  readonly features: readonly string[];
  /** Those of them that the next supervision step begins with: all, or none of a model that has only one step. */
  readonly carried: readonly string[];
  /** The feature the heads read (y). */
  readonly answer: string;
  /** P, the prefix positions of the puzzle embedding; S = P + L. */
  readonly prefix: number;
  readonly sequence: number;
  readonly width: number;
  /** The number format of x and of the features inside a step. */
  readonly format: NumberFormat;
  /** x [B, S, D]. */
  embed(weights: Weights, inputs: Tensor, puzzleEmb: Tensor | null): Tensor;
  /** The updates of a supervision step that carry no gradient. */
  recurseWithoutGradient(weights: Weights, x: Tensor, features: Features, observer?: Observer): Features;
  /** The updates that carry gradient: the rest of the step. */
  recurseWithGradient(weights: Weights, x: Tensor, features: Features, observer?: Observer): Features;
}

/** The part of a model that is the same in all: its sizes and its embedded question. `answer`: the feature the heads read. */
export function modelFrame(arch: ResolvedArch, data: DataShape, answer: 'z_H' | 'z_L'): Omit<Model, 'recurseWithoutGradient' | 'recurseWithGradient'> {
  const prefix = prefixLength(arch);
  const carried = carriedFeatures(arch);
  const embedding = { hidden_size: arch.hidden_size, vocab_size: data.vocab_size, prefix, learnedPositions: arch.pos_encodings === 'learned', forward_dtype: arch.forward_dtype };
  return {
    origin: { arch, data },
    features: carried.length > 0 ? carried : [answer],
    carried, answer, prefix,
    sequence: prefix + data.seq_len,
    width: arch.hidden_size,
    format: numberFormat(arch.forward_dtype),
    embed: (weights, inputs, puzzleEmb) => embed(weights, inputs, puzzleEmb, embedding),
  };
}
