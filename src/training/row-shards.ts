/**
 * A batch taken in pieces: runs of rows, given to sessions of the same step that work side by side (worker threads), each
 * with its pieces one after another (micro-batches). Row by row results are put together again; scalars are summed.
 * Everything happens in an order that the plan fixes, so the same plan gives the same bits.
 */
import type { HostTensor, HostTensors, StepSession } from '../engine/engine';

/** Rows `from` to before `to`. */
export interface Rows { readonly from: number; readonly to: number }

/** The pieces of each session, in the order they run. */
export type ShardPlan = readonly (readonly Rows[])[];

/**
 * The plan for a batch of `batch` rows, `atOnce` of them at a time (it divides `batch`), those split evenly over `sessions`
 * (at most `atOnce`).
 */
export function shardPlan(batch: number, atOnce: number, sessions: number): ShardPlan {
  return Array.from({ length: sessions }, (_, s) => Array.from({ length: batch / atOnce }, (_, pass) => (
    { from: pass * atOnce + Math.floor((s * atOnce) / sessions), to: pass * atOnce + Math.floor(((s + 1) * atOnce) / sessions) })));
}

const isRowwise = ({ shape }: HostTensor): boolean => shape.length > 0;

/** The rows of a tensor [batch, ...], without a copy. */
function slice({ shape, data }: HostTensor, { from, to }: Rows): HostTensor {
  const width = data.length / shape[0]!;
  return { shape: [to - from, ...shape.slice(1)], data: data.subarray(from * width, to * width) };
}

/** Sessions of one step, and which rows each gets. */
export class RowShards {
  constructor(private readonly sessions: readonly StepSession[], private readonly plan: ShardPlan, private readonly batch: number) {}

  /**
   * Runs the step on all rows. `inputs` are [batch, ...] each; `more(first)` is given to every piece besides, `first` saying
   * whether it is its session's first. Outputs are [batch, ...] again, scalars summed. Fails with the error of the first
   * session that failed, when all have ended.
   */
  async run(inputs: HostTensors, more: (first: boolean) => HostTensors): Promise<HostTensors> {
    let failed = false;
    const ended = await Promise.allSettled(this.sessions.map(async (session, s) => {
      const outputs: HostTensors[] = [];
      for (const [i, rows] of this.plan[s]!.entries()) {
        if (failed) break;
        try {
          outputs.push(await session.run({ ...Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, slice(tensor, rows)])), ...more(i === 0) }));
        } catch (error) {
          failed = true;
          throw error;
        }
      }
      return outputs;
    }));
    const results = values(ended);
    return Object.fromEntries(Object.keys(results[0]![0]!).map(name => [name, this.joined(results.map(outputs => outputs.map(output => output[name]!)))]));
  }

  /** The named state of all sessions, summed in their order. */
  async sums(names: readonly string[]): Promise<HostTensors> {
    const [first, ...others] = values(await Promise.allSettled(this.sessions.map(session => session.read(names))));
    for (const other of others) {
      for (const name of names) {
        const total = first![name]!.data;
        const added = other[name]!.data;
        for (let i = 0; i < total.length; i++) total[i]! += added[i]!;
      }
    }
    return first!;
  }

  /** Overwrites the named state of every session. */
  write(state: HostTensors): void {
    for (const session of this.sessions) session.write(state);
  }

  /** Frees everything. */
  dispose(): void {
    for (const session of this.sessions) session.dispose();
  }

  private joined(parts: readonly (readonly HostTensor[])[]): HostTensor {
    const some = parts[0]![0]!;
    if (!isRowwise(some)) return { shape: [], data: Float32Array.of(parts.flat().reduce((sum, { data }) => sum + data[0]!, 0)) };
    const width = some.data.length / some.shape[0]!;
    const data = some.data instanceof Int32Array ? new Int32Array(this.batch * width) : new Float32Array(this.batch * width);
    parts.forEach((outputs, s) => outputs.forEach((output, i) => data.set(output.data, this.plan[s]![i]!.from * width)));
    return { shape: [this.batch, ...some.shape.slice(1)], data };
  }
}

function values<T>(ended: readonly PromiseSettledResult<T>[]): T[] {
  return ended.map(result => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
