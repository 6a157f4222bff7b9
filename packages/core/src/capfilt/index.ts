/** CapFilt: captions for web pictures, written by a captioner and chosen by CLIP. */
export { capfilt, type CapFilt, type CapFiltOptions } from './capfilt';
export { loadCaptioner, type Captioner, type CaptionerOptions, type SampleOptions } from './captioner';
export {
  asRanked,
  CaptionsFile,
  rankedCaptions,
  readCaptions,
  type CaptionRecord,
  type CaptionSource,
  type RankedCaption,
  type RankedRecord,
} from './captionsFile';
export { readRecord, type CapFiltRecord } from './folder';
export type { CapFiltSettings } from './options';
export { ProgressLine, type CapFiltProgress } from './progress';
export { loadRanker, type Ranker } from './ranker';
export { selectCaptions, type Candidate, type Selection, type SelectionOptions } from './selection';
export { readShardRecords, type ShardRecord, type ShardRecords } from './shardRecord';
export { capfiltShards, type CapFiltShardsOptions } from './shards';
export {
  added,
  addStatistics,
  statisticsOf,
  type CapFiltStatistics,
  type CaptionCounts,
  type Histogram,
} from './statistics';
export { type CapFiltSummary } from './summary';
export { withCaptions, withTrainCaptions, withWebCaptions, type CaptionsById } from './withCaptions';
