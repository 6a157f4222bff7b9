export { downloadModel, type DownloadOptions } from './download';
export { fileError, makeFolder, writeAll, writeFileAtomic, writeFolderAtomic } from './files';
export { fromLavis, type FromLavis, type FromLavisOptions } from './fromLavis';
export {
  fromPretrained,
  type FromPretrainedOptions,
  type Pretrained,
  type WeightsType,
} from './fromPretrained';
export { PytorchFile } from './pytorchFile';
export { canonicalJson, sha256, sha256File } from './hash';
export { configFromDisk, configToDisk, readJsonObject, type Json, type JsonObject } from './json';
export { hashWeights, openModelFolder, type ModelFolder } from './modelFolder';
export { SafetensorsFile } from './safetensors';
export { storageType } from './storage';
export { TensorFile, type TensorInfo } from './tensorFile';
export { savePretrained, type SavePretrainedOptions, type WritableTensors } from './savePretrained';
export { toLavis, type ToLavis, type ToLavisOptions } from './toLavis';
export { writePytorch } from './pytorchWriter';
export {
  storedParameters,
  writeSafetensors,
  type HostTensor,
  type StoredTensor,
  type WritableTensor,
} from './writeSafetensors';
