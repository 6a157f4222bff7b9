/** CapFilt: captions for web pictures, written by a captioner and chosen by CLIP. */
export { capfilt, type CapFilt, type CapFiltOptions } from './capfilt';
export { loadCaptioner, type Captioner, type CaptionerOptions, type SampleOptions } from './captioner';
export { CaptionsFile, readCaptions, type CaptionRecord } from './captionsFile';
export { ProgressLine, type CapFiltProgress } from './progress';
export { loadRanker, type Ranker } from './ranker';
export { selectCaptions, type Candidate, type Selection, type SelectionOptions } from './selection';
export { capfiltShards, type CapFiltShardsOptions, type ShardRecord } from './shards';
export { type CapFiltSummary } from './summary';
export { withCaptions, withTrainCaptions, withWebCaptions, type CaptionsById } from './withCaptions';
