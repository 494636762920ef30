/** Records a step function. What it does over the rows of a batch in parts is recorded once, as a function that every part calls; what it fuses, as a function that XLA compiles. */
import * as tf from '@tensorflow/tfjs-core';
import type { FormatBackend } from '../bfloat16';
import type { TensorMap } from '../engine';
import { withFusedRunner } from '../fused';
import type { FusedRunner } from '../fused';
import { joinedRows, oneAfterAnother, partsOf, rowsOfPart, withPartsRunner } from '../row-parts';
import type { PartsRunner, RowResults } from '../row-parts';
import { typeNumber } from './graph-def';
import { Recorder } from './recorder';
import type { Recording } from './recording';

const named = (prefix: string, tensors: TensorMap): [string, tf.Tensor][] => Object.entries(tensors).map(([name, tensor]) => [`${prefix}${name}`, tensor]);
const under = (prefix: string, names: readonly string[], tensors: readonly tf.Tensor[]): TensorMap =>
  Object.fromEntries(names.flatMap((name, i) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensors[i]!]] : [])));

/** The sum of two maps, name by name. */
const added = (a: TensorMap, b: TensorMap): TensorMap => Object.fromEntries(Object.entries(b).map(([name, tensor]) => [name, tf.add(a[name]!, tensor)]));

/**
 * The body once, as a function, and a call of it for every part. The calls of one lane follow each other: the next begins when
 * the sums of the one before are added up, so that only as many parts are in memory as there are lanes. The order in which sums
 * are added is fixed: within each lane, then the lanes.
 */
const partCalls = (recorder: Recorder, backend: FormatBackend): PartsRunner => (rows, plan, body) => {
  if (recorder.isInFunction) return oneAfterAnother(rows, plan, body);
  const parts = partsOf(plan);
  const given = Array.from({ length: parts }, (_, part) => Object.values(rowsOfPart(rows, part, parts)));
  const names = Object.keys(rows);
  const { body: recorded, captured, results } = recorder.inFunction(given[0]!, () => tf.tidy(() => {
    const { rows: each, sums } = body(Object.fromEntries(names.map((name, i) => [name, given[0]![i]!])));
    return Object.fromEntries([...named('rows ', each), ...named('sums ', sums)]);
  }));
  const resultNames = Object.keys(results);
  /** What stands for the results of another call: tensors of the same kind. */
  const alike = (): tf.Tensor[] => recorder.unheard(() => Object.values(results).map(tensor => backend.perform('Identity', [{ name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.isNarrow(tensor) ? typeNumber.bfloat16 : backend.getDTypeInteger(tensor.dtype) }], [tensor], 1)[0]!));

  const each: TensorMap[] = [];
  const laneSums: TensorMap[] = [];
  const laneEnds: (readonly tf.Tensor[])[] = [];
  for (let part = 0; part < parts; part++) {
    const lane = part % plan.lanes;
    const outputs = part === 0 ? Object.values(results) : alike();
    recorder.call({
      body: recorded, fused: false,
      inputs: [...given[part]!.map(tensor => recorder.flowOf(tensor)), ...captured.slice(names.length)],
      after: (laneEnds[lane] ?? []).map(tensor => recorder.flowOf(tensor)),
    }, outputs);
    each.push(under('rows ', resultNames, outputs));
    const sums = under('sums ', resultNames, outputs);
    const before = laneSums[lane];
    laneSums[lane] = before ? added(before, sums) : sums;
    laneEnds[lane] = Object.keys(sums).length > 0 ? Object.values(laneSums[lane]) : outputs.slice(0, 1);
  }
  const joined: RowResults = { rows: joinedRows(each), sums: laneSums.reduce(added) };
  tf.dispose(results);
  return joined;
};

/** A piece as a function that XLA compiles; equal pieces are one function, which is compiled once. */
const fusedCalls = (recorder: Recorder): FusedRunner => {
  const functions = new Map<string, Recording>();
  let inPiece = false;
  return (inputs, body) => {
    if (inPiece) return body(...inputs);
    inPiece = true;
    try {
      const { body: recorded, captured, results } = recorder.inFunction(inputs, () => tf.tidy(() => Object.fromEntries(body(...inputs).map((tensor, i) => [`result ${i}`, tensor]))));
      const text = JSON.stringify(recorded, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value));
      const one = functions.get(text) ?? recorded;
      functions.set(text, one);
      const outputs = Object.values(results);
      recorder.call({ body: one, fused: true, inputs: captured, after: [] }, outputs);
      return outputs;
    } finally {
      inPiece = false;
    }
  };
};

/**
 * Records `f` while it runs on tfjs-node's backend. `state` and `inputs` are the tensors that stand for what a run brings; `f`
 * returns the tensors that are results, by name. Results are handed back too, for whoever wants their shapes and types. Throws
 * EngineError when `f` cannot be a graph, and one naming the operation when it fails.
 */
export function record<R extends Readonly<Record<string, tf.Tensor>>>(backend: FormatBackend, declared: { readonly state: Readonly<Record<string, tf.Tensor>>; readonly inputs: Readonly<Record<string, tf.Tensor>> }, f: () => R): { recording: Recording; results: R } {
  const recorder = new Recorder(backend);
  recorder.declare('state', declared.state);
  recorder.declare('input', declared.inputs);
  const withParts = (): R => withPartsRunner(partCalls(recorder, backend), f);
  return recorder.run(backend.hasXla ? () => withFusedRunner(fusedCalls(recorder), withParts) : withParts);
}
