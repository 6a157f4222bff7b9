/** `blip2 reproduce`: studies of the paper, measured with several seeds, judged, and put into a report. */
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { Finding, Scale, Study } from '../studies';
import { dtypeOption, positiveNumber } from './arguments';
import { Exit, printJson, printTable } from './output';
import { reproducePaper, type PaperOptions } from './reproducePaper';

interface Options extends Partial<PaperOptions> {
  scale: 'shapes' | 'paper';
  seeds: number;
  size: Scale;
  jobs: number;
  report: string;
  json?: boolean;
}

/** The results that the repository has. */
const COMMITTED = join(__dirname, '..', '..', '..', '..', 'docs', 'results');

async function reproduce(names: string[], options: Options): Promise<void> {
  const { seeds: count, size, jobs, report, json, scale, models = 'models', sets = 'sets' } = options;
  if (scale === 'paper') return reproducePaper(names, { ...options, models, sets });
  const { defaultRunsDir, listenForInterruption } = await import('../train');
  const { judge, OverallProgress, readOwnResults, readResults, resultsDir, runStudies, STUDIES } =
    await import('../studies');
  const { shippedSamples, writeReport } = await import('../report');
  const studies = await chosen(names, STUDIES);
  const runsDir = defaultRunsDir();
  const seeds = Array.from({ length: count }, (_, seed) => seed);

  const committed = readResults(COMMITTED);
  const samples = await shippedSamples(runsDir);
  const writePage = () => {
    // Broken ones that this call is about are measured again; others are only missing from the report.
    const own = readOwnResults(runsDir, () => {});
    return writeReport(report, { studies: STUDIES, own, committed, samples });
  };
  const progress = new OverallProgress({ studies, seeds, jobs, scale: size });
  const controller = new AbortController();
  const interruption = listenForInterruption(undefined, () => {
    progress.print('Stopping: what is being trained is saved after its step…');
    controller.abort();
  });
  let page = '';
  const outcome = await runStudies(studies, {
    ...{ seeds, scale: size, runsDir, jobs, signal: controller.signal },
    onEvent: (event) => progress.update(event),
    onResults: async () => void (page = await writePage()),
  }).finally(() => {
    interruption.release();
    progress.close();
  });

  const findings = studies.flatMap((study) => {
    const own = outcome.results.filter((result) => result.study === study.name);
    return study.claims.map((claim) => ({ study: study.name, ...judge(claim, own) }));
  });
  if (json) printJson({ size, seeds, ...outcome, findings, report: page });
  else print(findings, { results: resultsDir(runsDir, size), page });
  if (outcome.interrupted || outcome.failures.length > 0) throw new Exit(1);
}

/** The studies of these names, in the order in which they run; all if none is given. @throws Blip2Error */
async function chosen(names: readonly string[], all: readonly Study[]): Promise<readonly Study[]> {
  const { unknownKey } = await import('../recipes');
  const known = [...all.map(({ name }) => name), 'all'];
  for (const name of names) if (!known.includes(name)) throw unknownKey('study', name, known);
  if (names.length === 0 || names.includes('all')) return all;
  return all.filter(({ name }) => names.includes(name));
}

type StudyFinding = { study: string } & Finding;

function print(findings: readonly StudyFinding[], paths: { results: string; page: string }): void {
  const signed = (value: number | null) =>
    value === null ? '–' : `${value < 0 ? '' : '+'}${value.toFixed(1)}`;
  // Stopped early, most have nothing to show.
  printTable(
    findings
      .filter(({ n }) => n > 0)
      .map(({ study, text, n, mean, low, high, verdict }) => ({
        study,
        finding: text,
        seeds: n,
        difference: signed(mean),
        '95% interval': low === null ? '–' : `${signed(low)} to ${signed(high)}`,
        verdict,
      })),
  );
  console.log(`\nResults  ${paths.results}/\nReport   ${paths.page}`);
}

const NOTES = `
Studies: figure4, figure5, table1 to table6, capfilt, stage1, stage2, ablations, attention, limitations; all unless
given.

Seeds are counted from 0. Each study and seed is measured in a process of its own and written to runs/results/ as it is
done; what is there and up to date is not measured again, runs that studies share are trained once, and Ctrl-C loses
nothing: the same command goes on. (Runs lie in runs/, or in the folder that BLIP2_RUNS names.)

A finding holds if the 95% t-interval of the paired difference over the seeds is above zero. More: docs/reproduce.md.

With --scale paper, table1 to table6 and figure5: evaluates the models in --models (or in the hub's cache) on the sets in
--sets, and writes each table with the paper's numbers beside; says first what is missing. Exit code 1 if cells stay
empty. More: docs/evaluation.md.

Examples:
  blip2 reproduce figure5 --size short
  blip2 reproduce --seeds 5 --jobs 2
  blip2 reproduce table2 --scale paper --models models --sets sets --dry-run`;

export function addReproduce(program: Command): void {
  program
    .command('reproduce [studies...]')
    .description('run studies of the paper from beginning to end, and write a report')
    .option('--seeds <count>', 'how many seeds, from 0 on', positiveNumber, 1)
    .addOption(
      new Option(
        '--scale <scale>',
        'which world and towers; paper: published weights and sets, as they lie on disk',
      )
        .choices(['shapes', 'paper'])
        .default('shapes'),
    )
    .addOption(
      new Option(
        '--size <size>',
        'full: as the committed results; short: two thirds of the steps, without the longest runs; smoke: 20 steps',
      )
        .choices(['full', 'short', 'smoke'])
        .default('full'),
    )
    .option(
      '--jobs <count>',
      'how many at a time, with one thread each; one alone has all',
      positiveNumber,
      1,
    )
    .option('--report <dir>', 'folder of the report', 'report')
    .option('--models <dir>', 'paper: folder of model folders, each with its name on the hub (models)')
    .option('--sets <dir>', 'paper: folder of vqav2, okvqa, gqa, nocaps, coco, flickr30k (sets)')
    .option('--limit <count>', 'paper: so many pictures of each set, for a first look', positiveNumber)
    .option('--out <dir>', 'paper: folder of tables and results (runs/paper)')
    .addOption(dtypeOption())
    .option('--dry-run', 'paper: only say what is missing and how to get it')
    .option('--json', 'print one JSON document')
    .addHelpText('after', NOTES)
    .action(reproduce);
}
