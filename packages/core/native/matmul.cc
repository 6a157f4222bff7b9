// Blip2MatMul: a b + bias of float32 matrices of many rows, or of as many of each, either of them transposed, b in 16 bit too,
// which is widened on its way. `rounded`: both are rounded to bfloat16 first, for AMX; sums stay in float32. Without it AMX
// multiplies three parts of each, where there is AMX (tilesAmx.h).
#include "kernels.h"

#if defined(__x86_64__)
#include <atomic>

#include "processor.h"
#include "tilesAmx.h"
#include "tilesAvx2.h"

namespace tfnodejs {
namespace {

// Matrices one after the other, all of the same sides.
template <typename Type>
struct Products {
  Matrix<Float32> a;
  Matrix<Type> b;
  const float *bias;  // or null
  float *y;
  int64_t count, M, N, K;

  // False if there is no memory for what is copied. Of several, each is one thread's.
  template <typename Tiles>
  bool Compute() const {
    if (count == 1) return Product<Tiles, Type>(a, b, bias, y, M, N, K).Compute();
    std::atomic<bool> is_done{true};
    Spread(count, 1, static_cast<double>(M * N) * K, [&](int64_t i, int64_t) {
      const Matrix<Float32> left{a.data + i * M * K, a.stride, a.is_across};
      const Matrix<Type> right{b.data + i * K * N, b.stride, b.is_across};
      if (!Product<Tiles, Type>(left, right, bias, y + i * M * N, M, N, K).ComputeAlone()) is_done = false;
    });
    return is_done;
  }
};

constexpr char kRounded[] = "rounded";

// What is wrong with these operands, or null.
const char *Problem(const Operand &a, const Operand &b, bool transpose_a, bool transpose_b) {
  const int rank = a.Rank();
  if (rank < 2 || b.Rank() != rank) return "A product takes matrices, or as many of each";
  for (int i = 0; i < rank - 2; ++i) {
    if (a.Side(i) != b.Side(i)) return "A product takes as many matrices of each";
  }
  const bool is_fit = a.Side(rank - 1 - transpose_a) == b.Side(rank - 2 + transpose_b);
  return is_fit ? nullptr : "A product takes matrices whose inner sides are equal";
}

template <typename Type, bool transposeA, bool transposeB>
void Compute(void *attribute, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input a(context, 0, status.status), b(context, 1, status.status), bias(context, 2, status.status);
  if (Failed(context, status.status)) return;
  if (const char *problem = Problem(a, b, transposeA, transposeB)) return Fail(context, status.status, problem);
  const int last = a.Rank() - 1;
  const int64_t M = a.Side(last - !transposeA), K = a.Side(last - transposeA), N = b.Side(last - transposeB);
  if (bias.Size() != 0 && bias.Size() != N) {
    return Fail(context, status.status, "A product takes a bias for each column, or none");
  }
  const bool is_rounded = *static_cast<bool *>(attribute);
  if (is_rounded && !HasAmx()) return Fail(context, status.status, "A product of rounded matrices takes AMX");
  std::vector<int64_t> sides = a.Sides();
  sides[last - 1] = M, sides[last] = N;
  Output y(context, 0, sides, status.status);
  if (Failed(context, status.status)) return;
  int64_t count = 1;
  for (int i = 0; i < last - 1; ++i) count *= sides[i];
  const Products<Type> products = {{a.Data(), a.Side(last), transposeA},
                                   {b.Data<const typename Type::Stored>(), b.Side(last), !transposeB},
                                   bias.Size() ? bias.Data() : nullptr,
                                   y.Data(),
                                   count,
                                   M,
                                   N,
                                   K};
#ifdef BLIP2_AMX
  const bool is_done = is_rounded  ? products.template Compute<AmxTiles<1>>()
                       : HasAmx() ? products.template Compute<AmxTiles<3>>()
                                  : products.template Compute<Avx2Tiles>();
#else
  const bool is_done = products.template Compute<Avx2Tiles>();
#endif
  if (is_done) return;
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

// [..., M, K], [..., K, N] → [..., M, N]
template <bool transposeA, bool transposeB>
void InferShape(TF_ShapeInferenceContext *context, TF_Status *status) {
  TF_ShapeHandle *a = TF_NewShapeHandle(), *b = TF_NewShapeHandle(), *result = TF_NewShapeHandle();
  TF_ShapeInferenceContextGetInput(context, 0, a, status);
  TF_ShapeInferenceContextGetInput(context, 1, b, status);
  const int64_t last = TF_ShapeInferenceContextRank(context, a) - 1;
  const int64_t row = last - !transposeA, column = last - transposeB;
  TF_ShapeInferenceContextSubshape(context, a, 0, last - 1, result, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSubshape(context, a, row, row + 1, a, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSubshape(context, b, column, column + 1, b, status);
  for (TF_ShapeHandle *side : {a, b}) {
    if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextConcatenateShapes(context, result, side, result, status);
  }
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, 0, result, status);
  for (TF_ShapeHandle *handle : {a, b, result}) TF_DeleteShapeHandle(handle);
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
