export { fileError, makeFolder, writeAll, writeFileAtomic, writeFolderAtomic } from './files';
export { canonicalJson, sha256, sha256File } from './hash';
export {
  configFromDisk,
  configToDisk,
  loadPretrained,
  readJsonObject,
  savePretrained,
  type Json,
  type JsonObject,
  type Pretrained,
} from './pretrained';
export { SafetensorsFile, writeSafetensors, type HostTensor, type TensorInfo } from './safetensors';
