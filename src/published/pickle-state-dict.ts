/**
 * The pickle of a state dict, as `torch.load` reads it, also with `weights_only=True`: an OrderedDict of tensors, each a view of a
 * storage of its own, in protocol 2. (Opcodes: Python's pickletools; the calls: torch._utils._rebuild_tensor_v2.)
 */

/** A tensor in the pickle; its numbers lie in `data/<index>`. */
export interface PickledTensorSpec {
  readonly name: string;
  /** PyTorch's storage class, e.g. `FloatStorage`. */
  readonly storage: string;
  readonly shape: readonly number[];
}

const byte = (...bytes: number[]): Buffer => Buffer.from(bytes);
const uint32 = (value: number): Buffer => { const out = Buffer.alloc(4); out.writeUInt32LE(value); return out; };
const text = (value: string): Buffer => { const utf8 = Buffer.from(value); return Buffer.concat([byte(0x58), uint32(utf8.length), utf8]); };
const global = (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`);
const tuple = (items: readonly Buffer[]): Buffer => Buffer.concat([byte(0x28), ...items, byte(0x74)]);
const call = (callee: Buffer, args: readonly Buffer[]): Buffer => Buffer.concat([callee, tuple(args), byte(0x52)]);

/** A whole number: in four bytes where it fits, else LONG1 of eight. */
function whole(value: number): Buffer {
  if (value < 2 ** 31) return Buffer.concat([byte(0x4a), uint32(value)]);
  const out = Buffer.alloc(10);
  out.set([0x8a, 8]);
  out.writeBigInt64LE(BigInt(value), 2);
  return out;
}

const emptyOrderedDict = (): Buffer => call(global('collections', 'OrderedDict'), []);

function tensor({ storage, shape }: PickledTensorSpec, index: number): Buffer {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1));
  const length = shape.reduce((product, n) => product * n, 1);
  const persistent = Buffer.concat([tuple([text('storage'), global('torch', storage), text(String(index)), text('cpu'), whole(length)]), byte(0x51)]);
  const doesNotNeedGradient = byte(0x89);
  return call(global('torch._utils', '_rebuild_tensor_v2'), [persistent, whole(0), tuple(shape.map(whole)), tuple(strides.map(whole)), doesNotNeedGradient, emptyOrderedDict()]);
}

/** The bytes of `data.pkl`. */
export function pickleStateDict(tensors: readonly PickledTensorSpec[]): Buffer {
  const items = tensors.flatMap((spec, index) => [text(spec.name), tensor(spec, index)]);
  return Buffer.concat([byte(0x80, 2), emptyOrderedDict(), byte(0x28), ...items, byte(0x75), byte(0x2e)]);
}
