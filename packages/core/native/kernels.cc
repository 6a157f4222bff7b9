// Registers the operations of our own with TensorFlow.
#include "kernels.h"

#include "extensions.h"
#include "processor.h"

namespace tfnodejs {
#if defined(__x86_64__)

void DefineOp(const char *name, std::initializer_list<const char *> attributes, std::initializer_list<const char *> inputs,
              std::initializer_list<const char *> outputs, ShapeFunction shape, TF_Status *status) {
  if (TF_GetCode(status) != TF_OK) return;
  TF_OpDefinitionBuilder *op = TF_NewOpDefinitionBuilder(name);
  for (const char *attribute : attributes) TF_OpDefinitionBuilderAddAttr(op, attribute);
  for (const char *input : inputs) TF_OpDefinitionBuilderAddInput(op, input);
  for (const char *output : outputs) TF_OpDefinitionBuilderAddOutput(op, output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, shape);
  TF_RegisterOpDefinition(op, status);
}

namespace {

TF_KernelBuilder *Builder(const char *op, const KernelFunctions &functions) {
  return TF_NewKernelBuilder(op, "CPU", functions.create, functions.compute, functions.destroy);
}

}  // namespace

void AddKernel(const char *op, KernelFunctions functions, TF_Status *status) {
  if (TF_GetCode(status) == TF_OK) TF_RegisterKernelBuilder(op, Builder(op, functions), status);
}

void AddKernel(const char *op, KernelFunctions functions, TF_DataType type, TF_Status *status) {
  if (TF_GetCode(status) != TF_OK) return;
  TF_KernelBuilder *kernel = Builder(op, functions);
  TF_KernelBuilder_TypeConstraint(kernel, "T", type, status);
  if (TF_GetCode(status) == TF_OK) TF_RegisterKernelBuilder(op, kernel, status);
}

namespace {

bool Register() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return false;  // F16C came before AVX2
  TF_AutoStatus status;
  RegisterActivations(status.status);
  RegisterAdamW(status.status);
  RegisterAttention(status.status);
  RegisterDropout(status.status);
  RegisterFewRows(status.status);
  RegisterIncrementalAttention(status.status);
  RegisterMatMul(status.status);
  RegisterNormalise(status.status);
  RegisterSoftmax(status.status);
  RegisterTopK(status.status);
  return TF_GetCode(status.status) == TF_OK;
}

}  // namespace
#else
namespace {

bool Register() { return false; }
bool HasAmx() { return false; }

}  // namespace
#endif

namespace {

void SetBoolean(napi_env env, napi_value object, const char *name, bool value) {
  napi_value boolean;
  napi_get_boolean(env, value, &boolean);
  napi_set_named_property(env, object, name, boolean);
}

}  // namespace

// hasKernels: whether these operations exist here; hasAmx: whether AMX computes products.
void RegisterKernels(napi_env env, napi_value exports) {
  static const bool registered = Register();  // once for the process, though threads load the module again
  SetBoolean(env, exports, "hasKernels", registered);
  SetBoolean(env, exports, "hasAmx", registered && HasAmx());
}

}  // namespace tfnodejs
