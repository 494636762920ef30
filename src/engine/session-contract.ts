/**
 * What every step session promises, whatever runs the step: one run at a time, nothing after the end, and state that
 * keeps its names, shapes and types.
 */
import { EngineError } from './engine';
import type { HostTensor, HostTensors } from './engine';

/** Shape and element type of a tensor, wherever it lies. */
export interface TensorKind { readonly shape: readonly number[]; readonly dtype: string }

/** The kind of a tensor in host memory. Throws EngineError when its data do not fill its shape. */
export function kindOf({ shape, data }: HostTensor, name: string): TensorKind {
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (size !== data.length)
    throw new EngineError('bad_state', `Tensor "${name}" of shape [${shape.join(', ')}] needs ${size} values, ${data.length} were given.`, 'Give data that fills the shape.');
  return { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' };
}

/** "float32 [2, 3]". */
export const kindText = ({ shape, dtype }: TensorKind): string => `${dtype} [${shape.join(', ')}]`;

/** Keeps watch over one session. */
export class SessionContract {
  private readonly kinds: ReadonlyMap<string, string>;
  private running = false;
  private ended = false;

  /** The state's names and kinds are those of `state` from now on. Throws EngineError when it does not fit itself. */
  constructor(state: HostTensors) {
    this.kinds = new Map(Object.entries(state).map(([name, tensor]) => [name, kindText(kindOf(tensor, name))]));
  }

  /** Names of the state. */
  get names(): string[] {
    return [...this.kinds.keys()];
  }

  /** Throws EngineError when the session has ended, or a step runs. */
  check(doing: string): void {
    if (this.ended) throw new EngineError('bad_state', `Cannot ${doing} a session that was disposed.`, 'Open a new session.');
    if (this.running) throw new EngineError('bad_state', `Cannot ${doing} the session while a step runs.`, 'Await the run first.');
  }

  /** Runs `step` with nothing else allowed meanwhile, after `pause`, during which the session may end. */
  async alone<T>(pause: () => Promise<unknown>, step: () => T | Promise<T>): Promise<T> {
    this.check('run');
    this.running = true;
    try {
      await pause();
      if (this.ended) throw new EngineError('bad_state', 'Cannot finish a run of a session that was disposed.', 'Open a new session.');
      return await step();
    } finally {
      this.running = false;
    }
  }

  /** Throws EngineError when there is no such state, or it is of another kind. */
  checkState(state: Readonly<Record<string, TensorKind>>): void {
    for (const [name, kind] of Object.entries(state)) {
      const held = this.kindOf(name);
      if (held !== kindText(kind)) throw new EngineError('bad_state', `State "${name}" is ${held}; ${kindText(kind)} was given.`, 'State keeps its shape and type; a change needs a new session.');
    }
  }

  /** "float32 [2, 3]" of a state tensor. Throws EngineError when there is none of that name. */
  kindOf(name: string): string {
    const kind = this.kinds.get(name);
    if (kind === undefined) throw new EngineError('bad_state', `The session has no state called "${name}"; it has ${this.names.join(', ')}.`, 'Use one of these names.');
    return kind;
  }

  /** True when nothing is allowed any more. */
  get isOver(): boolean {
    return this.ended;
  }

  /** Nothing is allowed any more. */
  end(): void {
    this.ended = true;
  }
}
