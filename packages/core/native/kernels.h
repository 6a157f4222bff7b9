// What operations of our own are written with: the part of TensorFlow's C interface for kernels that is used here, and an
// operation's inputs and outputs. For x86 with AVX2, FMA and F16C; elsewhere none of these operations exists, and TensorFlow's
// are taken.
#ifndef BLIP2_NATIVE_KERNELS_H_
#define BLIP2_NATIVE_KERNELS_H_

#if defined(__x86_64__)
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "extensions.h"
#include "tensorflow/c/ops.h"
#include "vectors.h"

// What is used of tensorflow/c/kernels.h, which itself includes half of TensorFlow.
extern "C" {
struct TF_KernelBuilder;
struct TF_OpKernelConstruction;
struct TF_OpKernelContext;
TF_KernelBuilder *TF_NewKernelBuilder(const char *op, const char *device, void *(*create)(TF_OpKernelConstruction *),
                                      void (*compute)(void *, TF_OpKernelContext *), void (*destroy)(void *));
void TF_KernelBuilder_TypeConstraint(TF_KernelBuilder *, const char *attribute, TF_DataType, TF_Status *);
void TF_RegisterKernelBuilder(const char *name, TF_KernelBuilder *, TF_Status *);
void TF_GetInput(TF_OpKernelContext *, int index, TF_Tensor **, TF_Status *);
TF_Tensor *TF_AllocateOutput(TF_OpKernelContext *, int index, TF_DataType, const int64_t *sides, int rank, size_t bytes,
                             TF_Status *);
TF_Tensor *TF_ForwardInputOrAllocateOutput(TF_OpKernelContext *, const int *inputs, int count, int index,
                                           const int64_t *sides, int rank, int *forwarded, TF_Status *);
void TF_OpKernelConstruction_GetAttrBool(TF_OpKernelConstruction *, const char *name, unsigned char *, TF_Status *);
void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction *, const char *name, float *, TF_Status *);
void TF_OpKernelConstruction_GetAttrInt64(TF_OpKernelConstruction *, const char *name, int64_t *, TF_Status *);
void TF_OpKernelContext_Failure(TF_OpKernelContext *, TF_Status *);
}

namespace tfnodejs {

// A kernel's input, or its new output; given back at the end.
struct Operand {
  TF_Tensor *tensor = nullptr;
  Operand() = default;
  Operand(const Operand &) = delete;
  ~Operand() {
    if (tensor) TF_DeleteTensor(tensor);
  }
  int Rank() const { return TF_NumDims(tensor); }
  int64_t Side(int index) const { return TF_Dim(tensor, index); }
  int64_t Size() const { return TF_TensorElementCount(tensor); }
  std::vector<int64_t> Sides() const {
    std::vector<int64_t> sides(Rank());
    for (int i = 0; i < Rank(); ++i) sides[i] = Side(i);
    return sides;
  }
  template <typename T = float>
  T *Data() const {
    return static_cast<T *>(TF_TensorData(tensor));
  }
};

// These do nothing after an error, so that one look at the status after several is enough. Until then they may be null.
struct Input : Operand {
  Input(TF_OpKernelContext *context, int index, TF_Status *status) {
    if (TF_GetCode(status) == TF_OK) TF_GetInput(context, index, &tensor, status);
  }
};

// Of these sides, and a type of 32 bit.
struct Output : Operand {
  Output(TF_OpKernelContext *context, int index, const std::vector<int64_t> &sides, TF_Status *status,
         TF_DataType type = TF_FLOAT) {
    if (TF_GetCode(status) != TF_OK) return;
    size_t bytes = sizeof(float);
    bool is_too_large = false;
    for (int64_t side : sides) is_too_large |= __builtin_mul_overflow(bytes, side, &bytes);
    // TensorFlow itself would end the process.
    if (is_too_large) {
      TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, "The result would be too large");
      return;
    }
    tensor = TF_AllocateOutput(context, index, type, sides.data(), static_cast<int>(sides.size()), bytes, status);
  }
};

// The first output, of the first input's sides, in its memory where nobody else holds that; float32.
struct InPlace : Operand {
  InPlace(TF_OpKernelContext *context, TF_Status *status) {
    std::vector<int64_t> sides;
    {
      const Input input(context, 0, status);  // as long as it is held, it is shared
      if (TF_GetCode(status) != TF_OK) return;
      sides = input.Sides();
      source_ = input.Data<const float>();
    }
    const int first = 0;
    int forwarded;
    tensor = TF_ForwardInputOrAllocateOutput(context, &first, 1, 0, sides.data(), static_cast<int>(sides.size()), &forwarded,
                                             status);
  }
  // The input, which may be the output.
  const float *Source() const { return source_; }

 private:
  const float *source_ = nullptr;
};

// Where the bias of each row of a tensor begins, in numbers. A row is along the last axis.
class BiasRows {
 public:
  // False if the bias does not broadcast to these sides, or has another last side.
  bool Fit(const std::vector<int64_t> &sides, const Operand &bias) {
    const int rank = static_cast<int>(sides.size()), missing = rank - bias.Rank();
    if (missing < 0 || bias.Rank() < 1 || bias.Side(bias.Rank() - 1) != sides[rank - 1]) return false;
    int64_t step = sides[rank - 1];
    for (int axis = rank - 2; axis >= 0; --axis) {
      const int64_t side = axis < missing ? 1 : bias.Side(axis - missing);
      if (side != 1 && side != sides[axis]) return false;
      sides_.push_back(sides[axis]);
      steps_.push_back(side == 1 ? 0 : step);
      step *= side;
    }
    return true;
  }

  int64_t Start(int64_t row) const {
    int64_t start = 0;
    for (size_t i = 0; i < sides_.size(); row /= sides_[i++]) start += row % sides_[i] * steps_[i];
    return start;
  }

 private:
  std::vector<int64_t> sides_, steps_;  // of all axes but the last, the last of them first
};

// Whether there was an error, which then ends the kernel.
inline bool Failed(TF_OpKernelContext *context, TF_Status *status) {
  if (TF_GetCode(status) == TF_OK) return false;
  TF_OpKernelContext_Failure(context, status);
  return true;
}

// Ends a kernel with this message.
inline void Fail(TF_OpKernelContext *context, TF_Status *status, const char *message) {
  TF_SetStatus(status, TF_INVALID_ARGUMENT, message);
  TF_OpKernelContext_Failure(context, status);
}

using ShapeFunction = void (*)(TF_ShapeInferenceContext *, TF_Status *);

// Each output has the shape of the input named for it.
template <int... kInputs>
void LikeInputs(TF_ShapeInferenceContext *context, TF_Status *status) {
  TF_ShapeHandle *shape = TF_NewShapeHandle();
  int output = 0;
  for (int input : {kInputs...}) {
    if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextGetInput(context, input, shape, status);
    if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, output++, shape, status);
  }
  TF_DeleteShapeHandle(shape);
}

// An operation's definition, as TensorFlow writes them: {"T: {float, half}"}, {"x: float", "w: T"}, {"y: float"}.
void DefineOp(const char *name, std::initializer_list<const char *> attributes, std::initializer_list<const char *> inputs,
              std::initializer_list<const char *> outputs, ShapeFunction, TF_Status *);

// Its kernel, where it has one for each type `T` of that type. Does nothing after an error.
struct KernelFunctions {
  void (*compute)(void *, TF_OpKernelContext *);
  void *(*create)(TF_OpKernelConstruction *) = nullptr;
  void (*destroy)(void *) = nullptr;
};
void AddKernel(const char *op, KernelFunctions, TF_Status *);
void AddKernel(const char *op, KernelFunctions, TF_DataType, TF_Status *);

// What a kernel keeps whose one attribute is a number: `create` and `destroy` of KernelFunctions.
template <const char *name>
void *CreateNumber(TF_OpKernelConstruction *construction) {
  TF_AutoStatus status;
  auto *value = new float(0);
  TF_OpKernelConstruction_GetAttrFloat(construction, name, value, status.status);
  return value;
}
inline void DestroyNumber(void *value) { delete static_cast<float *>(value); }

// Each defines operations and their kernels.
void RegisterActivations(TF_Status *);
void RegisterAdamW(TF_Status *);
void RegisterAttention(TF_Status *);
void RegisterDropout(TF_Status *);
void RegisterFewRows(TF_Status *);
void RegisterIncrementalAttention(TF_Status *);
void RegisterMatMul(TF_Status *);
void RegisterNormalise(TF_Status *);
void RegisterSoftmax(TF_Status *);
void RegisterTopK(TF_Status *);

}  // namespace tfnodejs

#endif  // __x86_64__
#endif  // BLIP2_NATIVE_KERNELS_H_
