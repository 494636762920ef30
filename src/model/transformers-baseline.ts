/**
 * The published transformer baseline: one network, one pass per supervision step, and only the answer y (`z_H`),
 *
 *   y = net(y, x)
 *
 * with deep supervision and halting as in HRM, but without training the continue head (model/halting.ts).
 */
import type { ArchOf } from '../config/resolve';
import { network } from './blocks';
import { modelFrame } from './model';
import type { Model } from './model';
import type { DataShape } from './shapes';

/** The model of a `transformers_baseline` config for data of this shape. */
export function transformersBaseline(arch: ArchOf<'transformers_baseline'>, data: DataShape): Model {
  const frame = modelFrame(arch, data, 'z_H');
  return {
    ...frame,

    recurseWithoutGradient: (_weights, _x, features) => features,

    recurseWithGradient(weights, x, { z_H: y }, observer) {
      const net = network(weights, 'inner.H_level', arch.H_layers, frame.sequence, { ...arch, mlp_t: false });
      const features = { z_H: net(y!, x) };
      observer?.updated?.({ t: 1, i: 1, feature: 'z_H' }, features);
      return features;
    },
  };
}
