/** Reading safetensors files (the format: header.ts). */
import { readHeader, type Header } from './header';
import { openFile, TensorFile } from './tensorFile';

/** A safetensors file: the header is in memory and checked, tensors are read one by one. */
export class SafetensorsFile extends TensorFile {
  readonly tensors: Header['tensors'];
  readonly metadata: Header['metadata'];

  /** @throws Blip2Error if the file is missing, cut short or inconsistent. */
  constructor(path: string) {
    super(path);
    const header = openFile(path, (read, size) => readHeader(path, size, read));
    this.tensors = header.tensors;
    this.metadata = header.metadata;
  }
}
