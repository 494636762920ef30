/** A run that goes wrong without failing says so in its own metrics, once, while it goes on. */
import { expect, it } from 'vitest';
import { temporaryFolder } from '../unit/runs-fixture';
import { eventsOf, ofKind, tiny, tinyArch, train, writeConfig } from './programs';

it('tells that halting collapsed to the last step when exploration lets no puzzle halt before, though most are solved', async () => {
  const folder = temporaryFolder();
  const config = writeConfig(folder, {
    ...tiny, arch: { ...tinyArch, hidden_size: 64, expansion: 2, L_cycles: 2, halt_max_steps: 2, halt_exploration_prob: 1 },
    dataset: { kind: 'sudoku', size: 4, train: 60, test: 20, holes: [2, 4], augment: 'on_the_fly' }, global_batch_size: 32, epochs: 40, eval_interval: 40, lr: 4e-3, lr_warmup_steps: 10,
  });
  const events = await eventsOf(await train(folder, config, 'collapsed'));
  const [alert, ...more] = ofKind(events, 'alert').filter(({ code }) => code.startsWith('halting'));
  expect(alert).toMatchObject({ level: 'warning', code: 'halting_last', attempt: 1, message: expect.stringContaining('100 % of the puzzles run to halt_max_steps') as string });
  expect(more).toEqual([]);
  const last = ofKind(events, 'train').at(-1)!;
  expect(alert!.step).toBeLessThan(last.step); // it is told while it trains
  expect(ofKind(events, 'halting').at(-1)!.per_step).toMatchObject([{ k: 1, halted_by_q: 0 }, { k: 2 }]);
});
