/** `blip2 metrics vqa`: VQA accuracy of a file of predictions. */
import { Option, type Command } from 'commander';
import { printJson, printTable } from './output';

interface Options {
  predictions: string;
  annotations: string;
  questions: string;
  scorer: 'official' | 'lavis';
  json?: boolean;
}

async function vqa({ scorer, json, ...files }: Options): Promise<void> {
  const { readVqaFiles, vqaAccuracy } = await import('../evaluate');
  const { questions, notes } = readVqaFiles(files);
  for (const note of notes) console.error(note);
  const { accuracy } = vqaAccuracy(questions, { scorer });
  if (json) return printJson(accuracy);
  console.error(`${questions.length} questions, accuracy in percent`);
  const rows = (kind: string, scores: Record<string, number>) =>
    Object.entries(scores).map(([name, score]) => ({ kind, name, accuracy: score.toFixed(2).padStart(8) }));
  printTable([
    ...rows('overall', { all: accuracy.overall }),
    ...rows('answer type', accuracy.perAnswerType),
    ...rows('question type', accuracy.perQuestionType),
  ]);
}

const AFTER_HELP = `
The files are those of visualqa.org:
  predictions  [{"question_id": 1, "answer": "yes"}, …], one for each annotated question
  annotations  v2_mscoco_val2014_annotations.json or like it; OK-VQA's too
  questions    v2_OpenEnded_mscoco_val2014_questions.json or like it
With --json: {overall, perAnswerType, perQuestionType}, in percent to two decimals. What the scorers do, and how they
differ: docs/metrics.md.

Example:
  blip2 metrics vqa --predictions results.json --annotations annotations.json --questions questions.json`;

export function addMetricsVqa(metrics: Command): void {
  metrics
    .command('vqa')
    .description('VQA accuracy: overall, by type of answer and by type of question')
    .requiredOption('--predictions <file>', 'what the model answered')
    .requiredOption('--annotations <file>', 'what people answered')
    .requiredOption('--questions <file>', 'the questions')
    .addOption(
      new Option('--scorer <name>', 'rules: of the VQA challenge, or of the copy in LAVIS')
        .choices(['official', 'lavis'])
        .default('official'),
    )
    .option('--json', 'print one JSON document')
    .addHelpText('after', AFTER_HELP)
    .action(vqa);
}
