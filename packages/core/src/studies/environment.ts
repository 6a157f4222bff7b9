/** Where a result was made. */
import { cpu, tensorFlowInfo, version } from '../runtime';
import type { StudyResult } from './results';

export function environment(): StudyResult['environment'] {
  const { model, cores, features } = cpu();
  return {
    blip2: version(),
    node: process.versions.node,
    tensorflow: tensorFlowInfo().version,
    cpu: model,
    features,
    threads: Number(process.env.TF_NUM_INTRAOP_THREADS) || cores,
  };
}
