// Several processes as one TensorFlow cluster: CollectiveReduceV2 and CollectiveGatherV2 then work across them.
#include <chrono>
#include <mutex>
#include <thread>

#include "extensions.h"
#include "tensorflow/c/c_api_experimental.h"
#include "tensorflow/c/eager/c_api_experimental.h"

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

using Clock = std::chrono::steady_clock;
constexpr auto kEvery = std::chrono::seconds(1);
constexpr auto kPatience = std::chrono::seconds(10);
constexpr int64_t kAnswerWithinMs = 5000;

// Held while the context is used from outside Node's thread; `ended` once Node takes it down.
std::mutex watching;
bool ended = false;

// A collective waits for its peers, and does not notice that one of them is gone: this thread does, and makes it fail.
void Watch(TFE_Context *context, std::vector<std::string> tasks) {
  std::vector<Clock::time_point> heard(tasks.size());
  std::vector<bool> met(tasks.size(), false);
  while (true) {
    std::this_thread::sleep_for(kEvery);
    for (size_t i = 0; i < tasks.size(); ++i) {
      std::lock_guard<std::mutex> lock(watching);
      if (ended) return;
      TF_AutoStatus status;
      TFE_CollectiveOpsCheckPeerHealth(context, tasks[i].c_str(), kAnswerWithinMs, status.status);
      if (TF_GetCode(status.status) == TF_OK) {
        met[i] = true;
        heard[i] = Clock::now();
      } else if (met[i] && Clock::now() - heard[i] > kPatience) {
        TF_SetStatus(status.status, TF_UNAVAILABLE, ("lost " + tasks[i]).c_str());
        TFE_AbortCollectiveOps(context, status.status);
        return;
      }
    }
  }
}

// watchTasks(tasks: string[]): makes collectives fail, with "lost TASK", once a task has not answered for ten seconds.
napi_value WatchTasks(napi_env env, napi_callback_info info) {
  napi_value names = Arguments(env, info, 1)[0];
  uint32_t length = 0;
  napi_get_array_length(env, names, &length);
  std::vector<std::string> tasks(length);
  for (uint32_t i = 0; i < length; ++i) {
    napi_value name;
    napi_get_element(env, names, i, &name);
    tasks[i] = ToString(env, name);
  }
  napi_add_env_cleanup_hook(
      env,
      [](void *) {
        std::lock_guard<std::mutex> lock(watching);
        ended = true;
      },
      nullptr);
  std::thread(Watch, Backend(env)->Context(), std::move(tasks)).detach();
  return nullptr;
}

}  // namespace

void RegisterCollectives(napi_env env, napi_value exports) {
  Define(env, exports, "enableCollectives", EnableCollectives);
  Define(env, exports, "watchTasks", WatchTasks);
}

}  // namespace tfnodejs
