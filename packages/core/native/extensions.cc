// The helpers that the extensions share, and their registration.
#include "extensions.h"

namespace tfnodejs {

TFJSBackend *Backend(napi_env env) {
  TFJSBackend *backend = nullptr;
  napi_get_instance_data(env, reinterpret_cast<void **>(&backend));
  return backend;
}

std::vector<napi_value> Arguments(napi_env env, napi_callback_info info, size_t count) {
  std::vector<napi_value> values(count);
  napi_get_cb_info(env, info, &count, values.data(), nullptr, nullptr);
  return values;
}

int64_t ToInt(napi_env env, napi_value value) {
  int64_t result = 0;
  napi_get_value_int64(env, value, &result);
  return result;
}

bool ToBool(napi_env env, napi_value value) {
  bool result = false;
  napi_get_value_bool(env, value, &result);
  return result;
}

std::string ToString(napi_env env, napi_value value) {
  size_t length = 0;
  napi_get_value_string_utf8(env, value, nullptr, 0, &length);
  std::string result(length, '\0');
  napi_get_value_string_utf8(env, value, result.data(), length + 1, &length);
  return result;
}

std::vector<int64_t> ToInts(napi_env env, napi_value array) {
  uint32_t length = 0;
  napi_get_array_length(env, array, &length);
  std::vector<int64_t> result(length);
  for (uint32_t i = 0; i < length; ++i) {
    napi_value element;
    napi_get_element(env, array, i, &element);
    result[i] = ToInt(env, element);
  }
  return result;
}

napi_value FromInt(napi_env env, int64_t value) {
  napi_value result;
  napi_create_int64(env, value, &result);
  return result;
}

napi_value FromInts(napi_env env, const std::vector<int64_t> &values) {
  napi_value result;
  napi_create_array_with_length(env, values.size(), &result);
  for (size_t i = 0; i < values.size(); ++i) napi_set_element(env, result, i, FromInt(env, values[i]));
  return result;
}

void Define(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

bool Throw(napi_env env, const std::string &message) {
  napi_throw_error(env, nullptr, message.c_str());
  return true;
}

bool Failed(napi_env env, const TF_AutoStatus &status) {
  return TF_GetCode(status.status) != TF_OK && Throw(env, TF_Message(status.status));
}

napi_value Metadata(napi_env env, int64_t id, const std::vector<int64_t> &shape, TF_DataType dtype) {
  napi_value result;
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "id", FromInt(env, id));
  napi_set_named_property(env, result, "shape", FromInts(env, shape));
  napi_set_named_property(env, result, "dtype", FromInt(env, dtype));
  return result;
}

void RegisterExtensions(napi_env env, napi_value exports) {
  RegisterGraph(env, exports);
  RegisterMemory(env, exports);
  RegisterCollectives(env, exports);
  RegisterKernels(env, exports);
}

}  // namespace tfnodejs
