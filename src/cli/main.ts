/**
 * `trm`: everything the editor does, on a command line. Every command returns an exit code: 0 done, 1 failed, 2 bad usage
 * or config, 130 interrupted.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { engineNames, mazeLayouts } from '../config/schema';
import { version } from '../../package.json';
import type { PaperExperiment } from '../experiments/paper';
import { weightFormats } from '../published/write-weights';
import { devicePattern } from '../runtime/gpu-choice';
import { exportPrefixes } from '../trainer/export-weights';
import { deleteCommand, diffCommand } from './compare';
import { devicesCommand, enginesCommand, setupCommand } from './compute';
import { dataArcCommand, dataBuildCommand, dataMazeCommand, dataSudokuCommand, validateCommand } from './data';
import { explain } from './errors';
import type { ExitCode } from './errors';
import { baseSizes, experimentCommand, experimentShowCommand, sweepCommand, trainQueuedCommand } from './experiment';
import { evalCommand, traceCommand } from './inspect';
import { noteCommand, pinCommand, renameCommand, tagCommand } from './labels';
import { printJson } from './output';
import { queueCommand, queueRemoveCommand, queueStartCommand, queueStopCommand } from './queue';
import { metricsCommand, showCommand } from './report';
import { forkCommand, rerunCommand, resumeCommand, runsCommand, stopCommand, trainCommand } from './runs';
import { exportCommand, importCommand } from './weights';

const whole = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
};
const wholeOrAll = (text: string): number | 'all' => (text === 'all' ? 'all' : whole(text));

const runsDir = (): Option => new Option('--runs-dir <folder>', 'where runs are').default('runs');
const engine = (): Option => new Option('--engine <name>', 'compute engine').choices(engineNames);
const device = (): Option => new Option('--device <device>', 'auto, cpu, gpu, or gpu:N as `trm devices` counts').argParser((text: string) => {
  if (!devicePattern.test(text)) throw new InvalidArgumentError('expected auto, cpu, gpu or gpu:N.');
  return text;
});
const weights = (): Option => new Option('--weights <which>', 'averaged or trained weights; default: averaged where there are').choices(['ema', 'model']);
const config = (): Option => new Option('--config <config>', 'the config a file of weights is of');
const detach = (): Option => new Option('--detach', 'do not wait for them');
const json = (): Option => new Option('--json', 'print one JSON document as the last line');

/** Whether an argument of an action is its options, with --json among them. */
const wantsJson = (argument: unknown): boolean => typeof argument === 'object' && argument !== null && 'json' in argument && argument.json === true;

/** Runs a command's action and turns what it throws into words and an exit code. */
const run = <A extends unknown[]>(action: (...args: A) => Promise<ExitCode> | ExitCode) => async (...args: A): Promise<void> => {
  try {
    process.exitCode = await action(...args);
  } catch (error) {
    const { message, next, exitCode } = explain(error);
    process.stderr.write(`${message}\n${next ? `${next}\n` : ''}`);
    if (args.some(wantsJson)) printJson({ error: { message, next } });
    if (process.env.TRM_DEBUG && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
    process.exitCode = exitCode;
  }
};

const program = new Command('trm')
  .description('Tiny Recursive Models: train, resume, evaluate and look inside.')
  .version(version)
  .showHelpAfterError()
  .enablePositionalOptions() // `trm runs` and `trm runs tag` both have --json
  .exitOverride();

program.command('train').description('train a config; key=value overrides its keys')
  .argument('<config>').argument('[overrides...]')
  .addOption(runsDir()).addOption(engine()).addOption(device()).addOption(json()).option('--queue', 'begin when the runs before it have ended')
  .action(run((config: string, overrides: string[], options: Parameters<typeof trainCommand>[2] & { queue?: boolean }) => (
    options.queue ? trainQueuedCommand(config, [...overrides, ...(options.engine ? [`engine=${options.engine}`] : []), ...(options.device ? [`device=${options.device}`] : [])], options) : trainCommand(config, overrides, options))));
program.command('fork').description('begin a new run at a checkpoint of another one; key=value overrides keys of its config')
  .argument('<run>', 'run folder or id').argument('[overrides...]').addOption(runsDir()).addOption(engine()).addOption(device()).addOption(json())
  .option('--checkpoint <step|name>', 'fork from this checkpoint, e.g. 120; default: the best, else the newest')
  .action(run((target: string, overrides: string[], options: Parameters<typeof forkCommand>[2]) => forkCommand(target, overrides, options)));
program.command('rerun').description('train the config of a run again, from the beginning; key=value overrides its keys')
  .argument('<run>', 'run folder or id').argument('[overrides...]').addOption(runsDir()).addOption(engine()).addOption(device()).addOption(json())
  .action(run((target: string, overrides: string[], options: Parameters<typeof rerunCommand>[2]) => rerunCommand(target, overrides, options)));
program.command('sweep').description('queue every combination of values: a config\'s `sweep:`, and key=a,b,c here')
  .argument('<config>').argument('[overrides...]').addOption(runsDir()).addOption(detach()).addOption(json())
  .action(run((config: string, overrides: string[], options: Parameters<typeof sweepCommand>[2]) => sweepCommand(config, overrides, options)));
const experiment = program.command('experiment').description('the paper\'s tables at a small scale, and the tables of experiments');
for (const [name, words] of [['ablation', 'the rows of Table 1, the numbers of features of Table 2, and direct prediction'], ['depths', 'Table 3: HRM and TRM over k and T']] as const satisfies readonly (readonly [PaperExperiment, string])[]) {
  experiment.command(name).description(`queue ${words}, as changes to a TRM config`).argument('[config]', 'default: a preset, copied here').argument('[overrides...]', 'hold for every row')
    .addOption(new Option('--size <size>', 'which preset: Sudoku 4 or 6, or 10x10 mazes').choices(baseSizes).default('4'))
    .addOption(new Option('--seeds <n>', 'how often each row is trained').argParser(whole).default(3)).option('--rows <keys>', 'these rows alone, e.g. trm,hrm').addOption(runsDir()).addOption(detach()).addOption(json())
    .action(run((config: string | undefined, overrides: string[], options: Parameters<typeof experimentCommand>[2]) => experimentCommand(name, [...(config === undefined ? [] : [config]), ...overrides], options)));
}
experiment.command('show').description('the table of an experiment as far as it is').argument('[id]', 'default: the newest').addOption(runsDir()).option('--markdown', 'as Markdown').addOption(json())
  .action(run((id: string | undefined, options: Parameters<typeof experimentShowCommand>[1]) => experimentShowCommand(id, options)));
const queue = program.command('queue').description('runs that wait for their turn');
queue.command('list', { isDefault: true }).description('those that wait, and who works on them').addOption(runsDir()).addOption(json())
  .action(run((options: Parameters<typeof queueCommand>[0]) => queueCommand(options)));
queue.command('start').description('begin them, one after another').addOption(runsDir()).addOption(json()).action(run((options: Parameters<typeof queueStartCommand>[0]) => queueStartCommand(options)));
queue.command('stop').description('begin no other run; the one that trains goes on').addOption(runsDir()).addOption(json()).action(run((options: Parameters<typeof queueStopCommand>[0]) => queueStopCommand(options)));
queue.command('remove').description('take a run out').argument('<run>').addOption(runsDir()).addOption(json())
  .action(run((target: string, options: Parameters<typeof queueRemoveCommand>[1]) => queueRemoveCommand(target, options)));
program.command('resume').description('go on with a run from its newest checkpoint')
  .argument('<run>', 'run folder or id').addOption(runsDir()).addOption(engine()).addOption(device()).addOption(json())
  .option('--checkpoint <name>', 'go on from this checkpoint, e.g. step-120').option('--take-over', 'also when its last process was on another machine')
  .option('--micro-batch-size <n>', 'slots per pass: the same training, in less memory', whole)
  .action(run((target: string, options: Parameters<typeof resumeCommand>[1]) => resumeCommand(target, options)));
program.command('stop').description('ask a live run for a checkpoint and its end')
  .argument('<run>').addOption(runsDir()).addOption(json())
  .action(run((target: string, options: Parameters<typeof stopCommand>[1]) => stopCommand(target, options)));
program.command('eval').description('evaluate a run (its best checkpoint) or a checkpoint')
  .argument('<run|checkpoint|file>').argument('[overrides...]', 'of --config').addOption(config())
  .addOption(runsDir()).addOption(engine()).addOption(device()).addOption(weights()).addOption(json())
  .option('--data <folder>', 'another dataset').option('--depth <n>', 'supervision steps, 1 to 128', whole).option('--examples <n|all>', 'test examples', wholeOrAll)
  .option('--vote <k>', 'show each puzzle in k copies, too, and let the answers vote', whole)
  .option('--accumulate', 'with --vote: count the votes of all checkpoints of the run, not of this one alone').option('--submission <file>', 'with --vote on ARC: write submission.json')
  .action(run((target: string, overrides: string[], options: Parameters<typeof evalCommand>[2]) => evalCommand(target, overrides, options)));
program.command('trace').description('show how the model refines its answer to a puzzle')
  .argument('<run|checkpoint|file>').argument('[overrides...]', 'of --config').addOption(config()).requiredOption('--puzzle <i>', 'test example', whole)
  .addOption(runsDir()).addOption(engine()).addOption(device()).addOption(weights()).addOption(json())
  .option('--depth <n>', 'supervision steps, 1 to 128', whole).option('--text', 'with --json: the grids as text').option('--out <file>', 'write the whole trace as JSON')
  .action(run((target: string, overrides: string[], options: Parameters<typeof traceCommand>[2]) => traceCommand(target, overrides, options)));
program.command('import').description('make a run of a published checkpoint (torch.save or safetensors)')
  .argument('<file>').argument('[overrides...]', 'of the config').addOption(config().makeOptionMandatory()).addOption(runsDir())
  .option('--out <folder>', 'the run\'s folder; default: a new one in the runs folder').addOption(json())
  .action(run((file: string, overrides: string[], options: Parameters<typeof importCommand>[2]) => importCommand(file, overrides, options)));
program.command('export').description('write the weights of a run or checkpoint for the published code')
  .argument('<run|checkpoint>').requiredOption('--out <file>', 'file to write').addOption(runsDir()).addOption(weights()).addOption(json())
  .addOption(new Option('--format <format>', 'default: safetensors for FILE.safetensors, else torch').choices(weightFormats))
  .addOption(new Option('--prefix <prefix>', 'what stands before every name: the published code has model., and _orig_mod.model. when compiled').choices(exportPrefixes).default('none'))
  .option('--overwrite', 'replace a file that is there')
  .action(run((target: string, options: Parameters<typeof exportCommand>[1]) => exportCommand(target, options)));

const data = program.command('data').description('make datasets');
data.command('build').description('make the dataset of a config').argument('<config>').argument('[overrides...]').addOption(json())
  .action(run((config: string, overrides: string[], options: { json?: boolean }) => dataBuildCommand(config, overrides, options)));
/** Options that all of `trm data KIND` have. */
const making = (command: Command): Command => command.requiredOption('--out <folder>').addOption(new Option('--seed <n>').argParser(whole).default(0)).option('--overwrite', 'replace a dataset that is there').addOption(json());
/** Options of those that read CSV files. */
const fromCsv = (command: Command): Command => command.option('--csv <file>', 'a CSV file, or a folder with train.csv and test.csv').option('--hub', 'fetch the published CSV files, into the --csv folder or OUT-csv')
  .option('--subsample <n>', 'take this many training puzzles', whole).option('--min-rating <n>', 'leave out easier rows', whole).option('--skip-bad-rows', 'leave out damaged rows instead of stopping');

making(fromCsv(data.command('sudoku'))).description('make a 9x9 Sudoku dataset from CSV (source,question,answer,rating)')
  .addOption(new Option('--augment <n>', 'stored symmetric copies per training puzzle').argParser(whole).default(0))
  .action(run((options: Parameters<typeof dataSudokuCommand>[0]) => dataSudokuCommand(options)));
making(fromCsv(data.command('maze'))).description('make a maze dataset: generated, or from CSV (source,question,answer,rating)')
  .addOption(new Option('--size <n>', 'side of the mazes').argParser(whole).default(30))
  .addOption(new Option('--train <n>', 'training mazes to generate').argParser(whole).default(1000)).addOption(new Option('--test <n>', 'test mazes to generate').argParser(whole).default(1000))
  .option('--min-path <n>', 'fewest cells of the shortest way; default: twice the side', whole).addOption(new Option('--layout <layout>', 'where passages may lie; default: free').choices(mazeLayouts)).option('--loops <n>', 'walls opened between passages; default: a fifth of the side', whole)
  .option('--augment', 'store all eight symmetric copies of each training maze')
  .action(run((options: Parameters<typeof dataMazeCommand>[0]) => dataMazeCommand(options)));

making(data.command('arc')).description('make an ARC-AGI dataset from its challenge and solution files (JSON)')
  .requiredOption('--files <folder>', 'folder with arc-agi_SUBSET_challenges.json and arc-agi_SUBSET_solutions.json')
  .addOption(new Option('--arc-version <n>', 'ARC-AGI-1 or ARC-AGI-2').choices(['1', '2']).default('1'))
  .addOption(new Option('--augment <n>', 'stored augmented copies per task').argParser(whole).default(1000))
  .action(run((options: Parameters<typeof dataArcCommand>[0]) => dataArcCommand(options)));

program.command('setup').description('set up the compute runtime of the tensorflow engine')
  .addOption(new Option('--cpu', 'for the CPU (default)').conflicts('gpu')).option('--gpu', 'with CUDA')
  .option('--dir <folder>', 'runtime folder').option('--python <program>', 'Python whose pip fetches it')
  .option('--adopt <python|folder>', 'use the TensorFlow of this Python, or a tfjs-node package').option('--remove', 'remove it').addOption(json())
  .action(run((options: Parameters<typeof setupCommand>[0]) => setupCommand(options)));
program.command('engines').description('which engines work here, and why').addOption(json())
  .action(run((options: { json?: boolean }) => enginesCommand(options)));
program.command('devices').description('processors and GPUs of this machine').addOption(json())
  .action(run((options: { json?: boolean }) => devicesCommand(options)));
const runs = program.command('runs').description('list runs; say something about them').enablePositionalOptions().addOption(runsDir()).addOption(json())
  .action(run((options: Parameters<typeof runsCommand>[0]) => runsCommand(options)));
runs.command('show').description('everything about a run but what it measured').argument('<run>', 'run folder or id').addOption(runsDir()).addOption(json())
  .action(run((target: string, options: Parameters<typeof showCommand>[1]) => showCommand(target, options)));
runs.command('metrics').description('what a run measured: means over stretches of training, evaluations, alerts').argument('<run>', 'run folder or id')
  .addOption(new Option('--points <n>', 'stretches of training').argParser(whole).default(40)).addOption(runsDir()).addOption(json())
  .action(run((target: string, options: Parameters<typeof metricsCommand>[1]) => metricsCommand(target, options)));
runs.command('tag').description('add tags to a run; without any, print them').argument('<run>', 'run folder or id').argument('[tags...]').option('--remove', 'take them away instead')
  .addOption(runsDir()).addOption(json())
  .action(run((target: string, tags: string[], options: Parameters<typeof tagCommand>[2]) => tagCommand(target, tags, options)));
runs.command('note').description('replace the notes of a run; without a text, print them').argument('<run>').argument('[text]')
  .addOption(runsDir()).addOption(json())
  .action(run((target: string, text: string | undefined, options: Parameters<typeof noteCommand>[2]) => noteCommand(target, text, options)));
runs.command('pin').description('keep a run at the top of lists, or a checkpoint for good').argument('<run>').option('--checkpoint <name>', 'this checkpoint, e.g. step-120').option('--off', 'no longer')
  .addOption(runsDir()).addOption(json())
  .action(run((target: string, options: Parameters<typeof pinCommand>[1]) => pinCommand(target, options)));
runs.command('rename').description('change the display name of a run; its folder and id stay').argument('<run>').argument('<name>')
  .addOption(runsDir()).addOption(json())
  .action(run((target: string, name: string, options: Parameters<typeof renameCommand>[2]) => renameCommand(target, name, options)));
runs.command('diff').description('compare runs: accuracies, losses, times, and the keys of their configs that differ').argument('<run>').argument('<others...>')
  .addOption(runsDir()).addOption(json())
  .action(run((target: string, others: string[], options: Parameters<typeof diffCommand>[2]) => diffCommand(target, others, options)));
runs.command('delete').description('move runs into .trash of their runs folder').argument('<runs...>').option('--take-over', 'also when the last process was on another machine')
  .addOption(runsDir()).addOption(json())
  .action(run((targets: string[], options: Parameters<typeof deleteCommand>[1]) => deleteCommand(targets, options)));
program.command('validate').description('check a config').argument('<config>').argument('[overrides...]').addOption(json())
  .action(run((config: string, overrides: string[], options: { json?: boolean }) => validateCommand(config, overrides, options)));

program.parseAsync().then(
  () => process.exit(), // engines may hold the process open
  (error: unknown) => {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0 && process.argv.includes('--json')) printJson({ error: { message: error.message.replace(/^error: /, ''), next: 'See `trm --help`, and `--help` of the command.' } });
    process.exit(error.exitCode === 0 ? 0 : 2);
  },
);
