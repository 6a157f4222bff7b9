// What is done before TensorFlow's libraries are there, so a module of its own: standard error is held back while they
// are loaded, for their initialisers log lines that no log level hides; and a thread loads them while JavaScript is read.
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

#include <thread>

namespace {

void *volatile library = nullptr;

// preload(): the libraries are being loaded; who needs them waits for that. Nothing happens where they cannot be found.
napi_value Preload(napi_env, napi_callback_info) {
#ifdef __linux__
  // They are found by this module's rpath, which is the binding's: no tail call, or libstdc++ would be the one that asks.
  std::thread([] { library = dlopen("libtensorflow_cc.so.2", RTLD_LAZY | RTLD_LOCAL); }).detach();
#endif
  return nullptr;
}

int saved = -1;

// mute(): standard error goes nowhere until unmute().
napi_value Mute(napi_env, napi_callback_info) {
  int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere >= 0 && saved < 0) {
    saved = dup(STDERR_FILENO);
    dup2(nowhere, STDERR_FILENO);
  }
  if (nowhere >= 0) close(nowhere);
  return nullptr;
}

napi_value Unmute(napi_env, napi_callback_info) {
  if (saved >= 0) {
    dup2(saved, STDERR_FILENO);
    close(saved);
    saved = -1;
  }
  return nullptr;
}

napi_value Init(napi_env env, napi_value exports) {
  const struct {
    const char *name;
    napi_callback callback;
  } functions[] = {{"preload", Preload}, {"mute", Mute}, {"unmute", Unmute}};
  for (const auto &[name, callback] : functions) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  }
  return exports;
}

}  // namespace

NAPI_MODULE(quiet, Init)
