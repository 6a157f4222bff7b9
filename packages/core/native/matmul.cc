// Blip2MatMul: a b + bias of float32 matrices of many rows, either of them transposed, b in 16 bit too, which is widened on its
// way. `rounded`: both are rounded to bfloat16 first, for AMX; sums stay in float32.
#include "kernels.h"

#if defined(__x86_64__)
#include "processor.h"
#include "tilesAmx.h"
#include "tilesAvx2.h"

namespace tfnodejs {
namespace {

template <typename Tiles, typename Type>
bool ComputeBy(const Matrix<Float32> &a, const Matrix<Type> &b, const float *bias, float *y, int64_t M, int64_t N, int64_t K) {
  return Product<Tiles, Type>(a, b, bias, y, M, N, K).Compute();
}

template <typename Type>
decltype(&ComputeBy<Avx2Tiles, Type>) Chosen(bool is_by_amx) {
  return is_by_amx ? ComputeBy<AmxTiles, Type> : ComputeBy<Avx2Tiles, Type>;
}

constexpr char kRounded[] = "rounded";

template <typename Type, bool transposeA, bool transposeB>
void Compute(void *is_rounded, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input a(context, 0, status.status), b(context, 1, status.status), bias(context, 2, status.status);
  if (Failed(context, status.status)) return;
  if (a.Rank() != 2 || b.Rank() != 2 || a.Side(!transposeA) != b.Side(transposeB)) {
    return Fail(context, status.status, "A product takes matrices whose inner sides are equal");
  }
  const int64_t M = a.Side(transposeA), K = a.Side(!transposeA), N = b.Side(!transposeB);
  if (bias.Size() != 0 && bias.Size() != N) {
    return Fail(context, status.status, "A product takes a bias for each column, or none");
  }
  const bool is_by_amx = *static_cast<bool *>(is_rounded);
  if (is_by_amx && !HasAmx()) return Fail(context, status.status, "A product of rounded matrices takes AMX");
  Output y(context, 0, {M, N}, status.status);
  if (Failed(context, status.status)) return;
  const Matrix<Float32> left{a.Data(), a.Side(1), transposeA};
  const Matrix<Type> right{b.Data<const typename Type::Stored>(), b.Side(1), !transposeB};
  const auto compute = Chosen<Type>(is_by_amx);
  if (compute(left, right, bias.Size() ? bias.Data() : nullptr, y.Data(), M, N, K)) return;
  TF_SetStatus(status.status, TF_RESOURCE_EXHAUSTED, "No memory is left for the panels of a product");
  TF_OpKernelContext_Failure(context, status.status);
}

void *Create(TF_OpKernelConstruction *construction) {
  TF_AutoStatus status;
  unsigned char is_rounded = false;
  TF_OpKernelConstruction_GetAttrBool(construction, kRounded, &is_rounded, status.status);
  return new bool(is_rounded);
}

void Destroy(void *is_rounded) { delete static_cast<bool *>(is_rounded); }

template <bool transposeA, bool transposeB>
void InferShape(TF_ShapeInferenceContext *context, TF_Status *status) {
  TF_ShapeHandle *a = TF_NewShapeHandle(), *b = TF_NewShapeHandle();
  TF_ShapeInferenceContextGetInput(context, 0, a, status);
  TF_ShapeInferenceContextGetInput(context, 1, b, status);
  TF_ShapeInferenceContextSubshape(context, a, transposeA, transposeA + 1, a, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSubshape(context, b, !transposeB, !transposeB + 1, b, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextConcatenateShapes(context, a, b, a, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, 0, a, status);
  TF_DeleteShapeHandle(a);
  TF_DeleteShapeHandle(b);
}

template <bool transposeA, bool transposeB>
void RegisterProduct(const char *name, TF_Status *status) {
  DefineOp(name, {"T: {float, half, bfloat16}", "rounded: bool"}, {"a: float", "b: T", "bias: float"}, {"y: float"},
           InferShape<transposeA, transposeB>, status);
  AddKernel(name, {Compute<Float32, transposeA, transposeB>, Create, Destroy}, TF_FLOAT, status);
  AddKernel(name, {Compute<Float16, transposeA, transposeB>, Create, Destroy}, TF_HALF, status);
  AddKernel(name, {Compute<BFloat16, transposeA, transposeB>, Create, Destroy}, TF_BFLOAT16, status);
}

}  // namespace

// Three operations, since what infers an output's shape cannot read whether an operand is transposed. The bias may be empty.
void RegisterMatMul(TF_Status *status) {
  RegisterProduct<false, false>("Blip2MatMul", status);
  RegisterProduct<false, true>("Blip2MatMulTransposedB", status);
  RegisterProduct<true, false>("Blip2MatMulTransposedA", status);
}

}  // namespace tfnodejs
#endif
