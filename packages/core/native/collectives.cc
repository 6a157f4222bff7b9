// Several processes as one TensorFlow cluster: CollectiveReduceV2 and CollectiveGatherV2 then work across them.
#include "extensions.h"
#include "tensorflow/c/c_api_experimental.h"

namespace tfnodejs {
namespace {

// enableCollectives(serverDef: Uint8Array): starts this process's server from a serialised tensorflow.ServerDef.
// It replaces the devices, so it comes before the first tensor.
napi_value EnableCollectives(napi_env env, napi_callback_info info) {
  void *data = nullptr;
  size_t length = 0;
  napi_value definition = Arguments(env, info, 1)[0];
  if (napi_get_typedarray_info(env, definition, nullptr, &length, &data, nullptr, nullptr) != napi_ok) {
    return Throw(env, "enableCollectives takes the bytes of a ServerDef"), nullptr;
  }
  TF_AutoStatus status;
  TFE_EnableCollectiveOps(Backend(env)->Context(), data, length, status.status);
  if (Failed(env, status)) return nullptr;
  // The devices now carry this task's name in the cluster.
  Backend(env)->RefreshDeviceName(env);
  return nullptr;
}

}  // namespace

void RegisterCollectives(napi_env env, napi_value exports) {
  Define(env, exports, "enableCollectives", EnableCollectives);
}

}  // namespace tfnodejs
