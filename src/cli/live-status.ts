/** What trainers say of themselves before they train, when their folders have nothing to tell yet. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectTrainer } from '../protocol/control-client';
import type { TrainerStatus } from '../protocol/control';
import { preparingText } from '../runs/describe';
import { isOwnSocket } from '../runs/owner-socket';
import type { RunSummary } from '../runs/read-run';
import type { RunOwner } from '../runs/schema';

/** Milliseconds that an answer may take. */
const patience = 1000;
/** Milliseconds between two words on what a trainer does. */
const tellEvery = 5000;

const listens = ({ socket }: RunOwner): boolean => socket !== null && isOwnSocket(socket);

/** What the trainer of a run that does not train yet says; undefined when it does, or does not answer. */
export async function preparingStatus({ state, manifest: { owner } }: RunSummary): Promise<TrainerStatus | undefined> {
  if (state !== 'pending' || !listens(owner)) return undefined;
  const answer = connectTrainer(owner).then(trainer => {
    trainer.dispose();
    return trainer.hello;
  });
  return Promise.race([answer, sleep(patience, undefined)]).catch(() => undefined);
}

/** Says now and then what a trainer does until it trains. */
export async function tellPreparing(owner: RunOwner, say: (text: string) => void): Promise<void> {
  if (!listens(owner)) return;
  try {
    const trainer = await connectTrainer(owner);
    let last = performance.now() - tellEvery + patience; // what takes a moment is not told
    trainer.onNotification('status', status => {
      if (status.state !== 'pending') trainer.dispose();
      else if (performance.now() - last > tellEvery) {
        last = performance.now();
        say(preparingText(status));
      }
    });
  } catch {
    // its folder tells how it goes on
  }
}
