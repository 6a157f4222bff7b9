// What this project adds to TensorFlow.js's binding: tracing into TensorFlow functions, tensors mapped
// from files, raw bytes of 16-bit tensors, products with them, collectives. The patch beside this file makes the binding call
// RegisterExtensions and lends these files the backend's context and handles.
#ifndef BLIP2_NATIVE_EXTENSIONS_H_
#define BLIP2_NATIVE_EXTENSIONS_H_

#include <node_api.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"
#include "tf_auto_status.h"
#include "tfjs_backend.h"

namespace tfnodejs {

// Adds every extension's functions to the module's exports.
void RegisterExtensions(napi_env env, napi_value exports);
void RegisterGraph(napi_env env, napi_value exports);
void RegisterMemory(napi_env env, napi_value exports);
void RegisterCollectives(napi_env env, napi_value exports);
void RegisterKernels(napi_env env, napi_value exports);

// Sets one attribute of an operation being added to a graph (defined by the patch, in tfjs_backend.cc).
void AssignGraphOpAttr(napi_env env, TF_OperationDescription *op, napi_value attr);

// ---- small helpers over N-API; each throws into JavaScript and returns a neutral value on failure ----

TFJSBackend *Backend(napi_env env);
std::vector<napi_value> Arguments(napi_env env, napi_callback_info info, size_t count);
int64_t ToInt(napi_env env, napi_value value);
bool ToBool(napi_env env, napi_value value);
std::string ToString(napi_env env, napi_value value);
std::vector<int64_t> ToInts(napi_env env, napi_value array);
napi_value FromInt(napi_env env, int64_t value);
napi_value FromInts(napi_env env, const std::vector<int64_t> &values);
void Define(napi_env env, napi_value exports, const char *name, napi_callback callback);

// Throws the status's message into JavaScript and returns true when it is an error.
bool Failed(napi_env env, const TF_AutoStatus &status);
bool Throw(napi_env env, const std::string &message);

// {id, shape, dtype}: what the binding calls TensorMetadata.
napi_value Metadata(napi_env env, int64_t id, const std::vector<int64_t> &shape, TF_DataType dtype);

}  // namespace tfnodejs

#endif  // BLIP2_NATIVE_EXTENSIONS_H_
