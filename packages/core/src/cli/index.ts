/**
 * The `blip2` command: parse, call the library, print. TensorFlow is loaded only by what needs it, so `--help` is
 * instant. Standard output holds results (with `--json` one JSON document), standard error everything else.
 */
import { availableParallelism } from 'node:os';
import { Command, CommanderError } from 'commander';
import { addAttend } from './attend';
import { addBench } from './bench';
import { addCapfilt } from './capfilt';
import { addConvert } from './convert';
import { addData } from './data';
import { addDoctor } from './doctor';
import { addDownload } from './download';
import { addEvaluate } from './evaluate';
import { addFinetune } from './finetune';
import { addLaunch } from './launch';
import { addMetrics } from './metrics';
import { addPlan } from './plan';
import { addPretrain } from './pretrain';
import { Exit } from './output';
import { addReproduce } from './reproduce';
import { addScore } from './score';
import { addSetup } from './setup';
import { addTowers } from './towers';
import { addWrite } from './write';
// Not by the folder's index, which would load TensorFlow.
// eslint-disable-next-line no-restricted-imports
import { version } from '../runtime/version';

// Pictures are decoded by libuv's threads, four unless said before the first of them starts.
process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));

const AFTER_HELP = `
Every command takes --help. Results go to standard output (with --json one JSON document), all else to standard error.
Exit code: 0 done, 1 failed, 2 wrong usage.`;

/** In the order of `--help`, under its headings. */
const COMMANDS: Record<string, ((program: Command) => void)[]> = {
  'Ask a model:': [addWrite, addScore, addAttend],
  'Models on disk:': [addDownload, addConvert],
  'Train:': [addTowers, addPretrain, addFinetune, addLaunch, addPlan],
  'Data:': [addData, addCapfilt],
  'Evaluate:': [addEvaluate, addMetrics, addReproduce],
  'This machine:': [addSetup, addDoctor, addBench],
};

function program(): Command {
  // Before the commands are added, which take these settings over.
  const root = new Command('blip2').exitOverride().showHelpAfterError('(--help tells more)');
  root
    .description('BLIP-2: pre-training, evaluation and attention, from the command line')
    .version(version())
    .addHelpText('after', AFTER_HELP);
  for (const [heading, commands] of Object.entries(COMMANDS)) {
    root.commandsGroup(heading);
    for (const add of commands) add(root);
  }
  const help = new Command('help').argument('[command]').description('what --help says of a command');
  root.addHelpCommand(help.helpGroup('This machine:'));
  return root;
}

/** What a Blip2Error carries; the class itself would load TensorFlow. */
interface Failure extends Error {
  hint?: string;
  exitCode?: 1 | 2;
}

function report(error: Failure): number {
  const known = error.name === 'Blip2Error';
  console.error(`error: ${known ? error.message : (error.stack ?? error.message)}`);
  if (error.hint) console.error(`→ ${error.hint}`);
  return error.exitCode ?? 1;
}

/** Runs the command. @returns the exit code: 0 done, 1 failed, 2 wrong usage */
export async function main(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof Exit) return error.exitCode;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return report(error as Failure);
  }
}
