/**
 * Direct prediction, what the paper's Tables 4 and 5 compare recursion with: the network of the transformer baseline, applied
 * once to the question. Nothing is carried, and there is one supervision step.
 */
import type { ArchOf } from '../config/resolve';
import { network } from './blocks';
import { modelFrame } from './model';
import type { Model } from './model';
import type { DataShape } from './shapes';

/** The model of a `direct` config for data of this shape. */
export function direct(arch: ArchOf<'direct'>, data: DataShape): Model {
  const frame = modelFrame(arch, data, 'z_H');
  return {
    ...frame,

    recurseWithoutGradient: () => ({}),

    recurseWithGradient(weights, x, _features, observer) {
      const net = network(weights, 'inner.H_level', arch.H_layers, frame.sequence, arch);
      const features = { z_H: net(x) };
      observer?.updated?.({ t: 1, i: 1, feature: 'z_H' }, features);
      return features;
    },
  };
}
