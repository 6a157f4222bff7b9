// Tensors that share memory with a file, and the raw bytes of tensors of any type (16-bit ones included).
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "extensions.h"

namespace tfnodejs {
namespace {

struct Mapping {
  void *address;
  size_t length;
};

void Unmap(void *, size_t, void *argument) {
  auto *mapping = static_cast<Mapping *>(argument);
  munmap(mapping->address, mapping->length);
  delete mapping;
}

// mapTensor(file, offset, bytes, dtype, shape): tensor id
// The file must stay as long as it is while the tensor lives: a page that is gone ends the process. The pages are read when they are first used. TensorFlow copies once where the offset is not aligned to 64.
napi_value MapTensor(napi_env env, napi_callback_info info) {
  auto args = Arguments(env, info, 5);
  std::string file = ToString(env, args[0]);
  int64_t offset = ToInt(env, args[1]);
  int64_t bytes = ToInt(env, args[2]);
  auto dtype = static_cast<TF_DataType>(ToInt(env, args[3]));
  auto shape = ToInts(env, args[4]);

  int64_t expected = TF_DataTypeSize(dtype);
  for (int64_t dimension : shape) expected *= dimension;
  if (bytes != expected) return Throw(env, file + ": shape and type do not match the tensor's bytes"), nullptr;
  int descriptor = open(file.c_str(), O_RDONLY);
  if (descriptor < 0) return Throw(env, file + ": " + strerror(errno)), nullptr;
  struct stat facts;
  if (fstat(descriptor, &facts) != 0 || offset < 0 || bytes <= 0 || bytes > facts.st_size - offset) {
    close(descriptor);
    return Throw(env, file + ": the tensor's bytes lie beyond the end of the file"), nullptr;
  }
  int64_t page = offset % sysconf(_SC_PAGESIZE);
  size_t length = page + bytes;
  // Private: whatever is written into the tensor, the file never changes.
  void *address = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, offset - page);
  close(descriptor);
  if (address == MAP_FAILED) return Throw(env, file + ": " + strerror(errno)), nullptr;

  TF_AutoStatus status;
  TF_Tensor *tensor = TF_NewTensor(dtype, shape.data(), shape.size(), static_cast<char *>(address) + page, bytes,
                                   Unmap, new Mapping{address, length});
  if (!tensor) return Throw(env, file + ": TensorFlow refused the mapped bytes"), nullptr;
  TFE_TensorHandle *handle = TFE_NewTensorHandle(tensor, status.status);
  TF_DeleteTensor(tensor);
  if (Failed(env, status)) return nullptr;
  TFJSBackend *backend = Backend(env);
  TFE_TensorHandle *placed = TFE_TensorHandleCopyToDevice(handle, backend->Context(), backend->DeviceName(), status.status);
  TFE_DeleteTensorHandle(handle);
  if (Failed(env, status)) return nullptr;
  return FromInt(env, backend->InsertHandle(placed));
}

// tensorBytes(id): ArrayBuffer
napi_value TensorBytes(napi_env env, napi_callback_info info) {
  TFE_TensorHandle *handle = Backend(env)->Handle(static_cast<int32_t>(ToInt(env, Arguments(env, info, 1)[0])));
  if (!handle) return Throw(env, "This tensor was disposed"), nullptr;
  TF_AutoStatus status;
  TF_Tensor *tensor = TFE_TensorHandleResolve(handle, status.status);
  if (Failed(env, status)) return nullptr;
  void *data = nullptr;
  napi_value result = nullptr;
  // Fails, with an exception pending, where JavaScript has no room for it.
  napi_status created = napi_create_arraybuffer(env, TF_TensorByteSize(tensor), &data, &result);
  if (created == napi_ok) memcpy(data, TF_TensorData(tensor), TF_TensorByteSize(tensor));
  TF_DeleteTensor(tensor);
  return created == napi_ok ? result : nullptr;
}

}  // namespace

void RegisterMemory(napi_env env, napi_value exports) {
  Define(env, exports, "mapTensor", MapTensor);
  Define(env, exports, "tensorBytes", TensorBytes);
}

}  // namespace tfnodejs
