/**
 * The inside of a worker thread: an engine of its own, and sessions that are opened, run, read, written and closed as the
 * messages of the other side ask, one after another.
 */
import { parentPort } from 'node:worker_threads';
import { EngineError } from './engine';
import type { Engine, HostTensors, StepFunction, StepSession } from './engine';
import { asEngineError } from './failures';
import { buffersOf } from './worker-messages';
import type { WorkerReply, WorkerRequest } from './worker-messages';

/** Serves the thread that started this one; `stepOf` makes a step function of the `work` it sends. */
export function serveSessions(open: () => Promise<Engine>, stepOf: (work: unknown) => StepFunction): void {
  const port = parentPort;
  if (!port) throw new Error('This program runs as a worker thread only.');
  const opening = open();
  opening.catch(() => undefined); // whoever asks for something is told
  const sessions = new Map<number, StepSession>();

  const answer = async (engine: Engine, request: WorkerRequest): Promise<HostTensors> => {
    if (request.call === 'open') {
      sessions.set(request.session, engine.session(stepOf(request.work), request.state));
      return {};
    }
    const session = sessions.get(request.session);
    if (!session) throw new EngineError('bad_state', 'The session on this worker could not be opened.', 'See the error before.');
    switch (request.call) {
      case 'run': return session.run(request.inputs);
      case 'read': return session.read(request.names);
      case 'write':
        session.write(request.state);
        return {};
      case 'close':
        sessions.delete(request.session);
        session.dispose();
        return {};
      default: return request satisfies never;
    }
  };
  const reply = async (request: WorkerRequest): Promise<void> => {
    let memory = { tensors: 0, bytes: 0 };
    let message: WorkerReply;
    try {
      const engine = await opening;
      const tensors = await answer(engine, request);
      message = { id: request.id, memory: engine.memory(), tensors };
      memory = message.memory;
    } catch (error) {
      const { code, message: text, next } = asEngineError(error, 'wasm', 'A worker thread');
      message = { id: request.id, memory, error: { code, message: text, next } };
    }
    port.postMessage(message, 'tensors' in message ? buffersOf(message.tensors) : []);
  };
  let last = Promise.resolve();
  port.on('message', (request: WorkerRequest) => void (last = last.then(() => reply(request))));
}
