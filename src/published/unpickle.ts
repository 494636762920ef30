/**
 * A reader of pickles that can only build what a PyTorch state dict is made of: tensors, and mappings, lists and tuples of
 * plain values. Pickle is a program for a small stack machine which may call any Python function; here there is nothing to call:
 * names outside the list below are refused where they stand, whatever would be done with them. The machine does one thing per
 * byte or more of input and shares what it has built, so work and memory are bounded by the pickle's own size.
 * (The opcodes are documented in Python's pickletools.)
 */
import { RunFolderError } from '../runs/errors';
import { oneLine } from '../runs/read-json';
import type { Dtype } from '../runs/tensor-dtypes';

/** Largest pickle that is read, in bytes: one of thousands of tensors (its numbers lie beside it). */
export const maxPickleBytes = 1 << 20;

/** The values of one or more tensors, by the name of the file they lie in. */
export class PickledStorage {
  constructor(readonly dtype: Dtype, readonly key: string, readonly length: number) {}
}
/** A tensor: a view into a storage. Offset and strides in values. */
export class PickledTensor {
  constructor(readonly storage: PickledStorage, readonly offset: number, readonly shape: readonly number[], readonly strides: readonly number[]) {}
}
/** A dict or OrderedDict. */
export class PickledDict {
  readonly entries = new Map<Pickled, Pickled>();
}
class PickledList { constructor(readonly items: Pickled[], readonly kind: 'list' | 'tuple') {} }
class AllowedName { constructor(readonly name: string) {} }
/** Anything a pickle holds. */
export type Pickled = null | boolean | number | bigint | string | Uint8Array | PickledStorage | PickledTensor | PickledDict | PickledList | AllowedName;

/** PyTorch's storage classes. */
const storageDtypes: Readonly<Record<string, Dtype>> = {
  'torch.FloatStorage': 'F32', 'torch.DoubleStorage': 'F64', 'torch.HalfStorage': 'F16', 'torch.BFloat16Storage': 'BF16', 'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32', 'torch.ShortStorage': 'I16', 'torch.CharStorage': 'I8', 'torch.ByteStorage': 'U8', 'torch.BoolStorage': 'BOOL',
};
const orderedDict = 'collections.OrderedDict';
const rebuildTensor = 'torch._utils._rebuild_tensor_v2';
const rebuildParameter = 'torch._utils._rebuild_parameter';
const allowed = new Set([orderedDict, rebuildTensor, rebuildParameter, ...Object.keys(storageDtypes)]);

const marker = Symbol('mark');

class Machine {
  private readonly view: DataView;
  private at = 0;
  private readonly stack: (Pickled | typeof marker)[] = [];
  private readonly memo = new Map<number, Pickled>();

  constructor(private readonly where: string, private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private bad(what: string): RunFolderError {
    return new RunFolderError('corrupt', `${this.where}: ${what} (byte ${this.at}).`, 'The file is damaged, or holds more than a state dict: save one with torch.save(model.state_dict(), FILE).');
  }

  private refuse(name: string): RunFolderError {
    return new RunFolderError('corrupt', `${this.where}: it asks for the Python name ${JSON.stringify(oneLine(name))}, and only tensors are read (byte ${this.at}).`, 'Do not open this file with Python unless you trust where it came from. A state dict saved by torch.save(model.state_dict(), FILE) has tensors only.');
  }

  private take(count: number): Uint8Array {
    if (!(count >= 0) || this.at + count > this.bytes.length) throw this.bad('the pickle is cut off');
    const taken = this.bytes.subarray(this.at, this.at + count);
    this.at += count;
    return taken;
  }

  private number(size: 1 | 2 | 4 | 8, signed = false): number {
    const from = this.at;
    this.take(size);
    if (size === 1) return this.view.getUint8(from);
    if (size === 2) return this.view.getUint16(from, true);
    if (size === 4) return signed ? this.view.getInt32(from, true) : this.view.getUint32(from, true);
    const value = this.view.getBigUint64(from, true);
    if (value > BigInt(this.bytes.length)) throw this.bad('the pickle is cut off');
    return Number(value);
  }

  private text(length: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(this.take(length));
    } catch (error) {
      if (error instanceof RunFolderError) throw error;
      throw this.bad('a text that is not UTF-8');
    }
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw this.bad('the pickle is cut off');
    const line = this.text(end - this.at);
    this.at++;
    return line;
  }

  /** LONG1: a little-endian whole number of some bytes. */
  private long(length: number): number | bigint {
    if (length > 8) throw this.bad('a number of more than 64 bits');
    const value = this.take(length).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const signed = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  private pop(): Pickled {
    const value = this.stack.pop();
    if (value === undefined || value === marker) throw this.bad('nothing is on the stack');
    return value;
  }

  private top(): Pickled {
    const value = this.stack.at(-1);
    if (value === undefined || value === marker) throw this.bad('nothing is on the stack');
    return value;
  }

  private sinceMark(): Pickled[] {
    const mark = this.stack.lastIndexOf(marker);
    if (mark < 0) throw this.bad('there is no mark on the stack');
    const items = this.stack.splice(mark + 1) as Pickled[];
    this.stack.pop();
    return items;
  }

  private push(value: Pickled): void {
    this.stack.push(value);
  }

  private tuple(count: number): void {
    const items = Array.from({ length: count }, () => this.pop()).reverse();
    this.push(new PickledList(items, 'tuple'));
  }

  private name(full: string): void {
    if (!allowed.has(full)) throw this.refuse(full);
    this.push(new AllowedName(full));
  }

  private putItems(items: readonly Pickled[]): void {
    const dict = this.top();
    if (!(dict instanceof PickledDict) || items.length % 2 !== 0) throw this.bad('keys and values outside a dict');
    for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i]!, items[i + 1]!);
  }

  private append(items: readonly Pickled[]): void {
    const list = this.top();
    if (!(list instanceof PickledList) || list.kind !== 'list') throw this.bad('an item outside a list');
    for (const item of items) list.items.push(item);
  }

  private recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.bad(`memo ${index} is not set`);
    this.push(value);
  }

  /** A copy: the pickle may go on changing its list. */
  private wholes(value: Pickled | undefined): number[] | undefined {
    if (!(value instanceof PickledList) || value.items.length > 16) return undefined;
    return value.items.every(item => typeof item === 'number' && Number.isSafeInteger(item) && item >= 0) ? value.items.slice() as number[] : undefined;
  }

  /** What a call gives; the names that may be called are three. */
  private call(): void {
    const given = this.pop();
    const callee = this.pop();
    if (!(callee instanceof AllowedName) || !(given instanceof PickledList) || given.kind !== 'tuple') throw this.bad('a call of something that is not a known name');
    const { items } = given;
    if (callee.name === orderedDict && items.length === 0) { this.push(new PickledDict()); return; }
    if (callee.name === rebuildParameter && items[0] instanceof PickledTensor) { this.push(items[0]); return; }
    if (callee.name === rebuildTensor) {
      const [storage, offset, size, stride] = items;
      const [shape, strides] = [this.wholes(size), this.wholes(stride)];
      if (storage instanceof PickledStorage && typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0 && shape && strides?.length === shape.length) {
        this.push(new PickledTensor(storage, offset, shape, strides));
        return;
      }
    }
    throw this.bad(`a call of ${callee.name} that makes no tensor`);
  }

  /** What a persistent id stands for: a storage. */
  private persistent(): void {
    const id = this.pop();
    if (id instanceof PickledList) {
      const [what, kind, key, , length] = id.items;
      const dtype = kind instanceof AllowedName ? storageDtypes[kind.name] : undefined;
      if (what === 'storage' && dtype && typeof key === 'string' && typeof length === 'number' && Number.isSafeInteger(length) && length >= 0) {
        this.push(new PickledStorage(dtype, key, length));
        return;
      }
    }
    throw this.bad('something else than the numbers of a tensor is stored outside the pickle');
  }

  /** Runs to STOP. */
  run(): Pickled {
    for (;;) {
      const opcode = this.number(1);
      switch (opcode) {
        case 0x80: { // PROTO
          const version = this.number(1);
          if (version > 5) throw this.bad(`pickle protocol ${version}, expected at most 5`);
          break;
        }
        case 0x95: this.number(8); break; // FRAME
        case 0x2e: return this.pop(); // STOP
        case 0x28: this.stack.push(marker); break; // MARK
        case 0x30: this.pop(); break; // POP
        case 0x31: this.sinceMark(); break; // POP_MARK
        case 0x32: this.push(this.top()); break; // DUP
        case 0x4e: this.push(null); break; // NONE
        case 0x88: this.push(true); break; // NEWTRUE
        case 0x89: this.push(false); break; // NEWFALSE
        case 0x4b: this.push(this.number(1)); break; // BININT1
        case 0x4d: this.push(this.number(2)); break; // BININT2
        case 0x4a: this.push(this.number(4, true)); break; // BININT
        case 0x8a: this.push(this.long(this.number(1))); break; // LONG1
        case 0x47: this.take(8); this.push(this.view.getFloat64(this.at - 8)); break; // BINFLOAT
        case 0x8c: this.push(this.text(this.number(1))); break; // SHORT_BINUNICODE
        case 0x58: this.push(this.text(this.number(4))); break; // BINUNICODE
        case 0x8d: this.push(this.text(this.number(8))); break; // BINUNICODE8
        case 0x43: this.push(this.take(this.number(1))); break; // SHORT_BINBYTES
        case 0x42: this.push(this.take(this.number(4))); break; // BINBYTES
        case 0x5d: this.push(new PickledList([], 'list')); break; // EMPTY_LIST
        case 0x6c: this.push(new PickledList(this.sinceMark(), 'list')); break; // LIST
        case 0x61: { const item = this.pop(); this.append([item]); break; } // APPEND
        case 0x65: { const items = this.sinceMark(); this.append(items); break; } // APPENDS
        case 0x29: this.tuple(0); break; // EMPTY_TUPLE
        case 0x85: this.tuple(1); break; // TUPLE1
        case 0x86: this.tuple(2); break; // TUPLE2
        case 0x87: this.tuple(3); break; // TUPLE3
        case 0x74: this.push(new PickledList(this.sinceMark(), 'tuple')); break; // TUPLE
        case 0x7d: this.push(new PickledDict()); break; // EMPTY_DICT
        case 0x73: { const value = this.pop(); const key = this.pop(); this.putItems([key, value]); break; } // SETITEM
        case 0x75: { const items = this.sinceMark(); this.putItems(items); break; } // SETITEMS
        case 0x71: this.memo.set(this.number(1), this.top()); break; // BINPUT
        case 0x72: this.memo.set(this.number(4), this.top()); break; // LONG_BINPUT
        case 0x94: this.memo.set(this.memo.size, this.top()); break; // MEMOIZE
        case 0x68: this.recall(this.number(1)); break; // BINGET
        case 0x6a: this.recall(this.number(4)); break; // LONG_BINGET
        case 0x63: { const module = this.line(); this.name(`${module}.${this.line()}`); break; } // GLOBAL
        case 0x93: { // STACK_GLOBAL
          const name = this.pop();
          const module = this.pop();
          if (typeof name !== 'string' || typeof module !== 'string') throw this.bad('a name that is no text');
          this.name(`${module}.${name}`);
          break;
        }
        case 0x52: this.call(); break; // REDUCE
        case 0x51: this.persistent(); break; // BINPERSID
        case 0x62: // BUILD: attributes of a dict, of which a state dict has _metadata; nothing here needs them
          this.pop();
          if (!(this.top() instanceof PickledDict)) throw this.bad('attributes of something that is no dict');
          break;
        default:
          throw this.bad(`opcode 0x${opcode.toString(16).padStart(2, '0')}, which no state dict needs`);
      }
    }
  }
}

/**
 * What a pickle holds.
 * @param where its name in errors
 * @throws RunFolderError corrupt: cut off, damaged, or asking for anything but tensors and plain values.
 */
export function unpickle(where: string, bytes: Uint8Array): Pickled {
  return new Machine(where, bytes).run();
}
