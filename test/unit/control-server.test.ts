/** The trainer's end of the control socket, as it closes. */
import { expect, it } from 'vitest';
import { connectTrainer } from '../../src/protocol/control-client';
import type { TrainerStatus } from '../../src/protocol/control';
import { ControlServer } from '../../src/trainer/control-server';

const status: TrainerStatus = { run: 'r', state: 'stopped', step: 3, totalSteps: 10, activity: 'done', stepsPerSecond: 2, eta: 4 };
const none = (): never => { throw new Error('not asked here'); };

it('an answer that stands behind many notifications reaches its asker before the end', async () => {
  const server = await ControlServer.listen('secret', {
    hello: () => status, status: () => status, pause: none, resume: none, checkpoint: none, evaluate: none, trace: none, watch: none,
    stop: () => {
      for (let step = 0; step < 5000; step++) server.notify('status', { ...status, step });
      setImmediate(() => void server.close());
      return status;
    },
  });
  const connection = await connectTrainer({ host: 'h', boot_id: 'b', pid: 1, process_start: '1', nonce: 'secret', socket: server.socket });
  let heard = 0;
  connection.onNotification('status', () => heard++);
  expect(await connection.request('stop', {})).toEqual(status);
  expect(heard).toBe(5000);
  connection.dispose();
});
