/**
 * A run from when its folder is taken until it trains: what it does now, for whoever watches, and its end when it is not wanted after
 * all. Nothing of the training is lost then, since there is none yet.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { ControlNotifications, TrainerStatus } from '../protocol/control';
import type { BuildProgress } from '../puzzles/pacing';
import type { RunWriter } from '../runs/run-writer';
import type { ControlHandlers } from './control-server';
import { UsageError } from './failure';
import { Stopped } from './requests';

/** Turns of the event loop between two stages: enough to accept a connection, read a request, answer it and send the answer. */
const turns = 5;
/** Milliseconds between two notifications of how far the dataset is. */
const tellEvery = 500;

/** What preparing needs of the run. */
interface PreparingParts {
  readonly writer: RunWriter;
  /** Aborted when the run is not wanted after all; preparing aborts it when it is asked to stop. */
  readonly stopping: AbortController;
  readonly notify: (method: 'status', params: ControlNotifications['status']) => void;
}

/** A run that prepares. */
export class Preparing {
  private activity = 'starting';
  private eta: number | null = null;
  private lastTold = 0;
  private resolveEnded: () => void = () => undefined;
  private readonly hasEnded = new Promise<void>(resolve => (this.resolveEnded = resolve));

  constructor(private readonly parts: PreparingParts) {}

  /** Begins a stage, after others had their turn. Throws the signal's reason when the run is to end. */
  async stage(activity: string): Promise<void> {
    this.tell(activity, null);
    for (let i = 0; i < turns; i++) await turn();
    this.parts.stopping.signal.throwIfAborted();
  }

  /** A listener of the making of a dataset. */
  building(): (progress: BuildProgress) => void {
    const began = performance.now();
    return ({ fraction }) => {
      const now = performance.now();
      if (now - this.lastTold < tellEvery) return;
      const seconds = (now - began) / 1000;
      this.tell(`making the dataset, ${Math.floor(100 * fraction)} %`, fraction < 0.02 || seconds < 1 ? null : seconds * (1 - fraction) / fraction);
    };
  }

  /** The last state is on disk: whoever asked for it is told. */
  ended(): void {
    this.resolveEnded();
  }

  /** Why a run ends that did not come to train, in words. */
  get because(): string {
    const { step } = this.parts.writer.manifest;
    return step === 0 ? 'stopped by the user before the first step' : `stopped by the user before it went on from step ${step}`;
  }

  /** What is asked over the control socket. */
  handlers(): ControlHandlers {
    const notYet = (): never => { throw new UsageError(`The run does not train yet: ${this.activity}.`, 'Ask again when it trains.'); };
    return {
      hello: () => this.status(), status: () => this.status(),
      stop: async () => {
        this.parts.stopping.abort(new Stopped());
        await this.hasEnded;
        return this.status();
      },
      pause: notYet, resume: notYet, checkpoint: notYet, evaluate: notYet, trace: notYet, watch: notYet,
    };
  }

  private status(): TrainerStatus {
    const { id, state, step, total_steps } = this.parts.writer.manifest;
    return { run: id, state, step, totalSteps: total_steps, activity: this.activity, stepsPerSecond: null, eta: this.eta };
  }

  private tell(activity: string, eta: number | null): void {
    this.lastTold = performance.now();
    this.activity = activity;
    this.eta = eta;
    this.parts.notify('status', this.status());
  }
}
