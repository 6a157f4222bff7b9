export { type Cost } from './cost';
export { type LanguageShape } from './languageCost';
export { memoryOf, type Memory } from './memory';
export { operationsOf, rateOf, scaling, simulate, utilisationOf, type Simulated } from './simulate';
export { stage1Size, stage2Size, type RunSize, type Stage1Size, type Stage2Size, type Storage } from './size';
export { type VisionShape } from './visionCost';
