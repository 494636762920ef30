/**
 * What a recursive model is, to training, evaluation and tracing: features carried from one supervision step to the
 * next, an embedded question, and the two parts of a supervision step, one that carries gradient and one that does not.
 * Each architecture is one file that returns a `Model`.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ResolvedArch } from '../config/resolve';
import type { Weights } from './blocks';
import type { DataShape } from './shapes';

/** The carried features by their published names, e.g. z_H (y) and z_L (z); [B, S, D] each. */
export type Features = Readonly<Record<string, Tensor>>;

/** One update inside a supervision step, for the trace: latent recursion t and inner step i, both from 1. */
export interface Update { readonly t: number; readonly i: number; readonly feature: string }
/** Called after every update with all features as they are then. */
export type Observer = (update: Update, features: Features) => void;

/** What a model is made of, as plain data: another thread makes the same model from it (`modelOf` in training/shard-work.ts). */
export interface ModelOrigin { readonly arch: ResolvedArch; readonly data: DataShape }

/** A recursive model. */
export interface Model {
  readonly origin: ModelOrigin;
  /** Carried features, the answer y first. */
  readonly features: readonly string[];
  /** The feature the heads read (y). */
  readonly answer: string;
  /** P, the prefix positions of the puzzle embedding; S = P + L. */
  readonly prefix: number;
  readonly sequence: number;
  readonly width: number;
  /** x [B, S, D]. */
  embed(weights: Weights, inputs: Tensor, puzzleEmb: Tensor | null): Tensor;
  /** The updates of a supervision step that carry no gradient. */
  recurseWithoutGradient(weights: Weights, x: Tensor, features: Features, observe?: Observer): Features;
  /** The updates that carry gradient: the rest of the step. */
  recurseWithGradient(weights: Weights, x: Tensor, features: Features, observe?: Observer): Features;
}
