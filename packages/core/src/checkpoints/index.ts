export { fileError, makeFolder, writeAll, writeFileAtomic, writeFolderAtomic } from './files';
export { fromPretrained, type FromPretrainedOptions, type Pretrained } from './fromPretrained';
export type { TensorInfo } from './header';
export { canonicalJson, sha256, sha256File } from './hash';
export { configFromDisk, configToDisk, readJsonObject, type Json, type JsonObject } from './json';
export { hashWeights, openModelFolder, type ModelFolder } from './modelFolder';
export { SafetensorsFile } from './safetensors';
export { savePretrained, type SavePretrainedOptions, type WritableTensors } from './savePretrained';
export { writeSafetensors, type HostTensor, type WritableTensor } from './writeSafetensors';
