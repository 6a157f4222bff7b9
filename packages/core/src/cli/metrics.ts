/** `blip2 metrics`: files of predictions, scored against files of references. No model is involved. */
import type { Command } from 'commander';
import { addMetricsCaption } from './metricsCaption';
import { addMetricsVqa } from './metricsVqa';

export function addMetrics(program: Command): void {
  const metrics = program.command('metrics').description('score a file of predictions');
  addMetricsVqa(metrics);
  addMetricsCaption(metrics);
}
