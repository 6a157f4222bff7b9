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

// The bytes of a file where they lie. Private: whatever is written into the tensor, the file never changes.
void *Map(int descriptor, int64_t offset, size_t length) {
  return mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, offset);
}

// Memory of its own with bytes of a file; MAP_FAILED, with errno, where they cannot be read.
void *Read(int descriptor, int64_t offset, size_t length) {
  void *address = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) return address;
#ifdef MADV_HUGEPAGE
  // To touch a small page for the first time costs as much as to copy it.
  if (length >= 1 << 23) madvise(address, length, MADV_HUGEPAGE);
#endif
  for (size_t done = 0; done < length;) {
    ssize_t count = pread(descriptor, static_cast<char *>(address) + done, length - done, offset + done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      int reason = count == 0 ? EIO : errno;
      munmap(address, length);
      errno = reason;
      return MAP_FAILED;
    }
    done += count;
  }
  return address;
}

// mapTensor(file, offset, bytes, dtype, shape): tensor id
// Where the offset is a multiple of 64, as TensorFlow wants its tensors, the pages are read when they are first used, and
// the file must stay as long as it is while the tensor lives: a page that is gone ends the process. Elsewhere the bytes
// are read at once.
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
  bool aligned = offset % 64 == 0;
  int64_t page = aligned ? offset % sysconf(_SC_PAGESIZE) : 0;
  size_t length = page + bytes;
  void *address = aligned ? Map(descriptor, offset - page, length) : Read(descriptor, offset, length);
  int reason = errno;
  close(descriptor);
  if (address == MAP_FAILED) return Throw(env, file + ": " + strerror(reason)), nullptr;

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
