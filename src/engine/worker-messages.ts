/** What an engine and its worker threads say to each other. Tensors cross as they are; arrays made for a message are handed over, not copied. */
import type { HostTensors } from './engine';

/** A request; `session` is a number that the asking side chose. */
export type WorkerRequest = { readonly id: number; readonly session: number } & (
  | { readonly call: 'open'; readonly work: unknown; readonly state: HostTensors }
  | { readonly call: 'run'; readonly inputs: HostTensors }
  | { readonly call: 'read'; readonly names: readonly string[] }
  | { readonly call: 'write'; readonly state: HostTensors }
  | { readonly call: 'close' });

/** An EngineError on its way between threads. */
export interface ToldError { readonly code: 'unavailable' | 'out_of_memory' | 'bad_state' | 'failed'; readonly message: string; readonly next: string }

/** The answer to a request: tensors (of `run` and `read`; else none) or an error; and the memory the thread's engine holds. */
export type WorkerReply = { readonly id: number; readonly memory: { readonly tensors: number; readonly bytes: number } } & ({ readonly tensors: HostTensors } | { readonly error: ToldError });

/** The buffers of tensors that nobody else uses, to be handed over with a message. */
export const buffersOf = (tensors: HostTensors): ArrayBuffer[] => [...new Set(Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer))];
