/**
 * The outside of the worker threads: sessions that look like any other and run elsewhere. A thread is started for its first
 * session and ended with its last, so nobody has to remember it; it keeps the process alive only while it is asked
 * something. A thread that ends by itself turns into an EngineError for whoever waits for it, and for whoever asks later.
 */
import { Worker } from 'node:worker_threads';
import { EngineError } from './engine';
import type { HostTensor, HostTensors, StepSession, Workers } from './engine';
import { outOfMemory } from './failures';
import { SessionContract, kindOf } from './session-contract';
import { buffersOf } from './worker-messages';
import type { WorkerReply, WorkerRequest } from './worker-messages';

type Call = WorkerRequest extends infer R ? (R extends WorkerRequest ? Omit<R, 'id'> : never) : never;
interface Waiting { readonly resolve: (tensors: HostTensors) => void; readonly reject: (error: EngineError) => void }

const copyOf = ({ shape, data }: HostTensor): HostTensor => ({ shape: [...shape], data: data.slice() });
const copies = (tensors: HostTensors): HostTensors => Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, copyOf(tensor)]));

/** One thread, and what it was asked and has not answered. */
class WorkerThread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private requests = 0;
  private ended: EngineError | null = null;
  sessions = 0;
  /** What its engine held when it last answered. */
  memory = { tensors: 0, bytes: 0 };

  constructor(program: string, readonly index: number) {
    this.worker = new Worker(program);
    this.worker.unref();
    this.worker.on('message', (reply: WorkerReply) => this.receive(reply));
    this.worker.on('error', error => this.fail(error));
    this.worker.on('exit', code => this.fail(new Error(`it exited with code ${code}`)));
  }

  get usable(): boolean {
    return this.ended === null;
  }

  ask(call: Call): Promise<HostTensors> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(this.ended);
        return;
      }
      const id = ++this.requests;
      this.waiting.set(id, { resolve, reject });
      this.worker.ref();
      const tensors = 'state' in call ? call.state : 'inputs' in call ? call.inputs : {};
      this.worker.postMessage({ ...call, id }, buffersOf(tensors));
    });
  }

  /** Ends the thread; what it was asked fails. */
  end(): void {
    this.stopWith(new EngineError('bad_state', 'The worker thread was ended with its last session.', 'Open a new session.'));
    void this.worker.terminate();
  }

  private receive(reply: WorkerReply): void {
    const asked = this.waiting.get(reply.id);
    if (!asked) return; // the last words of a thread that is being ended
    const { resolve, reject } = asked;
    this.waiting.delete(reply.id);
    if (this.waiting.size === 0) this.worker.unref();
    this.memory = reply.memory;
    if ('error' in reply) reject(new EngineError(reply.error.code, reply.error.message, reply.error.next));
    else resolve(reply.tensors);
  }

  private fail(cause: NodeJS.ErrnoException): void {
    const what = `worker thread ${this.index + 1}`;
    this.stopWith(cause.code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? outOfMemory('wasm', what, cause.message)
      : new EngineError('failed', `A ${what} of the wasm engine ended by itself: ${cause.message}`, 'Resume the run; if it happens again, train with `threads: 1` and report it.'));
  }

  private stopWith(error: EngineError): void {
    this.ended ??= error;
    this.memory = { tensors: 0, bytes: 0 };
    for (const { reject } of this.waiting.values()) reject(this.ended);
    this.waiting.clear();
  }
}

/** A session on a worker thread. What fails without anybody waiting for it fails the next call. */
class WorkerSession implements StepSession {
  private readonly contract: SessionContract;
  private failed: EngineError | null = null;

  constructor(private readonly thread: WorkerThread, private readonly session: number, work: unknown, state: HostTensors, private readonly onEnd: () => void) {
    this.contract = new SessionContract(state);
    this.tell({ session, call: 'open', work, state: copies(state) });
  }

  async run(inputs: HostTensors): Promise<HostTensors> {
    return this.contract.alone(() => Promise.resolve(), () => this.answer({ session: this.session, call: 'run', inputs: copies(inputs) }));
  }

  async read(names: readonly string[] = this.contract.names): Promise<HostTensors> {
    this.contract.check('read');
    for (const name of names) this.contract.kindOf(name);
    return this.answer({ session: this.session, call: 'read', names });
  }

  write(state: HostTensors): void {
    this.contract.check('write');
    this.contract.checkState(Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, kindOf(tensor, name)])));
    this.tell({ session: this.session, call: 'write', state: copies(state) });
  }

  dispose(): void {
    if (this.contract.isOver) return;
    this.contract.end();
    this.tell({ session: this.session, call: 'close' });
    this.onEnd();
  }

  private async answer(call: Call): Promise<HostTensors> {
    if (this.failed) throw this.failed;
    return this.thread.ask(call);
  }

  private tell(call: Call): void {
    this.thread.ask(call).catch((error: unknown) => (this.failed ??= error as EngineError));
  }
}

/** Worker threads of the `wasm` engine. */
export class WorkerPool implements Workers {
  private readonly threads = new Map<number, WorkerThread>();
  private sessions = 0;

  /** `program` finds the file that the threads run; it throws EngineError when there is none. */
  constructor(readonly count: number, private readonly program: () => string) {}

  session(index: number, work: unknown, state: HostTensors): StepSession {
    let thread = this.threads.get(index);
    if (!thread?.usable) this.threads.set(index, (thread = new WorkerThread(this.program(), index)));
    const used = thread;
    used.sessions++;
    return new WorkerSession(used, ++this.sessions, work, state, () => {
      if (--used.sessions > 0) return;
      used.end();
      if (this.threads.get(index) === used) this.threads.delete(index);
    });
  }

  /** What the threads' engines hold together. */
  memory(): { tensors: number; bytes: number } {
    const held = [...this.threads.values()].map(({ memory }) => memory);
    return { tensors: held.reduce((sum, { tensors }) => sum + tensors, 0), bytes: held.reduce((sum, { bytes }) => sum + bytes, 0) };
  }
}
