/**
 * bfloat16 on tfjs-node. TensorFlow.js knows no such number format: a tensor in bfloat16 is to it a float32 tensor, and only this
 * backend knows better. Two kernels change the format, `ToBfloat16` and `ToFloat32`; an operation of tensors in bfloat16 is
 * one in bfloat16, and of both formats one in float32 (scalars take the format of the others), as in PyTorch. Values are read
 * in float32.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { DataId, TensorInfo } from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import type { TFEOpAttr, TFJSBinding, TensorMetadata } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';

/** TensorFlow's number of the type. */
const BFLOAT16 = 14;

/** Names of the kernels: attributes none, input x. */
export const formatKernels = { narrow: 'ToBfloat16', widen: 'ToFloat32' } as const;

/** An operand: a tensor, or one of tfjs-node's 64-bit scalars. */
export type Operand = TensorInfo | { readonly dtype: 'int64'; readonly valueArray: Int32Array };

/** An attribute of an operation, as plain data. */
export type OpAttribute = Pick<TFEOpAttr, keyof TFEOpAttr>;
/** A tensor of the binding, as plain data. */
type Metadata = Pick<TensorMetadata, keyof TensorMetadata>;

/** What of tfjs-node's backend is private. */
interface Internals {
  readonly tensorMap: { has(id: DataId): boolean; get(id: DataId): { dtype: number; readonly shape: number[] } };
  createOutputTensor: (metadata: Metadata) => tf.Tensor;
}

/** tfjs-node's backend with bfloat16. */
export interface FormatBackend extends NodeJSKernelBackend {
  /** Whether the library has XLA's compiler for the device; said by who opened it. */
  hasXla: boolean;
  /** Where every operation goes through, in its final form. */
  perform(op: string, attributes: readonly OpAttribute[], inputs: readonly Operand[], outputs: number): tf.Tensor[];
  /** Whether the values are in bfloat16. */
  isNarrow(tensor: { readonly dataId: DataId }): boolean;
  /** The values in bfloat16 (`narrow`) or in float32, made by an operation. */
  inFormat(x: TensorInfo, narrow: boolean): tf.Tensor;
}

const isScalar = ({ shape }: TensorInfo): boolean => shape.every(extent => extent === 1);

/** The class, made of tfjs-node's own, which is loaded late. */
export function withBfloat16(Base: typeof NodeJSKernelBackend): new (binding: TFJSBinding, packageName: string) => FormatBackend {
  return class extends Base implements FormatBackend {
    hasXla = false;

    private get internals(): Internals {
      return this as unknown as Internals;
    }

    constructor(binding: TFJSBinding, packageName: string) {
      super(binding, packageName);
      const { internals } = this;
      const create = internals.createOutputTensor.bind(this);
      internals.createOutputTensor = metadata => {
        if (metadata.dtype !== BFLOAT16) return create(metadata);
        const tensor = create({ ...metadata, dtype: binding.TF_FLOAT });
        internals.tensorMap.get(tensor.dataId).dtype = BFLOAT16;
        return tensor;
      };
    }

    isNarrow({ dataId }: { readonly dataId: DataId }): boolean {
      const { tensorMap } = this.internals;
      return tensorMap.has(dataId) && tensorMap.get(dataId).dtype === BFLOAT16;
    }

    perform(op: string, attributes: readonly OpAttribute[], inputs: readonly Operand[], outputs: number): tf.Tensor[] {
      return super.executeMultipleOutputs(op, attributes as TFEOpAttr[], inputs as TensorInfo[], outputs);
    }

    inFormat(x: TensorInfo, narrow: boolean): tf.Tensor {
      const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_FLOAT } = this.binding;
      const [from, to] = narrow ? [TF_FLOAT, BFLOAT16] : [BFLOAT16, TF_FLOAT];
      return this.perform('Cast', [{ name: 'SrcT', type: TF_ATTR_TYPE, value: from }, { name: 'DstT', type: TF_ATTR_TYPE, value: to }, { name: 'Truncate', type: TF_ATTR_BOOL, value: false }], [x], 1)[0]!;
    }

    override executeSingleOutput(op: string, attributes: TFEOpAttr[], inputs: TensorInfo[]): tf.Tensor {
      return this.executeMultipleOutputs(op, attributes, inputs, 1)[0]!;
    }

    override executeMultipleOutputs(op: string, attributes: TFEOpAttr[], inputs: TensorInfo[], outputs: number): tf.Tensor[] {
      const numbers = inputs.filter(input => input.dtype === 'float32');
      if (!numbers.some(input => this.isNarrow(input))) return this.perform(op, attributes, inputs, outputs);
      const narrow = numbers.every(input => this.isNarrow(input) || isScalar(input));
      const made: tf.Tensor[] = [];
      const alike = inputs.map(input => {
        if (input.dtype !== 'float32' || this.isNarrow(input) === narrow) return input;
        made.push(this.inFormat(input, narrow));
        return made.at(-1)!;
      });
      try {
        return this.perform(op, narrow ? attributes.map(attribute => this.narrowed(attribute)) : attributes, alike, outputs);
      } finally {
        tf.dispose(made);
      }
    }

    override readSync(dataId: DataId): ReturnType<NodeJSKernelBackend['readSync']> {
      if (!this.isNarrow({ dataId })) return super.readSync(dataId);
      const wide = this.inFormat({ dataId, shape: this.internals.tensorMap.get(dataId).shape, dtype: 'float32' }, false);
      try {
        return super.readSync(wide.dataId);
      } finally {
        wide.dispose();
      }
    }

    private narrowed(attribute: OpAttribute): OpAttribute {
      const { TF_ATTR_TYPE, TF_FLOAT } = this.binding;
      return attribute.type === TF_ATTR_TYPE && attribute.value === TF_FLOAT && /^(T|SrcT|Tparams)$/.test(attribute.name) ? { ...attribute, value: BFLOAT16 } : attribute;
    }
  };
}

/** Registers the kernels that change the format on the backend called `backendName`, once. */
export function registerFormatKernels(backendName: string): void {
  for (const narrow of [true, false]) {
    tf.registerKernel({
      kernelName: narrow ? formatKernels.narrow : formatKernels.widen,
      backendName,
      kernelFunc: ({ inputs, backend }) => {
        const x = inputs['x'] as tf.Tensor;
        const formats = backend as unknown as FormatBackend;
        return formats.isNarrow(x) === narrow ? tf.clone(x) : formats.inFormat(x, narrow);
      },
    });
  }
}
