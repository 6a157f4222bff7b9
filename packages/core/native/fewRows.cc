// Blip2FewRows: x wᵀ + bias of float32 rows x [n, K] and weights w [N, K], in float32 or in 16 bit, which are widened in registers
// on their way from memory. A language model that writes a token reads all of its weights for a few rows, so what counts is
// how fast they come: they are read once, in their order, and asked for before their turn. Sums are in float32, and a row's
// are in one order whatever rows are beside it.
#include "kernels.h"

#if defined(__x86_64__)
#include <algorithm>

#include "spread.h"

namespace tfnodejs {
namespace {

// About how many bytes ahead of what is multiplied memory is asked for: by itself the processor does not see, across the ends
// of rows and pages, what follows.
constexpr int64_t kAhead = 3 << 13;
constexpr int64_t kCacheLine = 64;

// R rows of x times W of w; all sums stay in registers. `ahead`: numbers of w to where its next rows are asked for, or 0.
template <typename Type, int R, int W>
AVX2 void Tile(const float *x, const typename Type::Stored *w, float *y, int64_t K, int64_t N, int64_t ahead) {
  constexpr int64_t kLine = kCacheLine / sizeof(*w);
  __m256 sums[R][W] = {};
  int64_t k = 0;
  for (; k + 8 <= K; k += 8) {
    __m256 weights[W];
    UNROLL for (int j = 0; j < W; ++j) weights[j] = Type::Eight(w + j * K + k);
    if (ahead && k % kLine == 0) {
      UNROLL for (int j = 0; j < W; ++j) _mm_prefetch(reinterpret_cast<const char *>(w + j * K + k + ahead), _MM_HINT_T0);
    }
    UNROLL for (int i = 0; i < R; ++i) {
      __m256 row = _mm256_loadu_ps(x + i * K + k);
      UNROLL for (int j = 0; j < W; ++j) sums[i][j] = _mm256_fmadd_ps(row, weights[j], sums[i][j]);
    }
  }
  UNROLL for (int i = 0; i < R; ++i) {
    UNROLL for (int j = 0; j < W; ++j) {
      float sum = Sum(sums[i][j]);
      for (int64_t rest = k; rest < K; ++rest) sum += x[i * K + rest] * Type::One(w[j * K + rest]);
      y[i * N + j] = sum;
    }
  }
}

// All rows of x times W of w, up to R at a time; the first of them ask for what comes next of w.
template <typename Type, int R, int W>
void Rows(int64_t n, const float *x, const typename Type::Stored *w, float *y, int64_t K, int64_t N, int64_t ahead) {
  for (; n >= R; n -= R, x += R * K, y += R * N, ahead = 0) Tile<Type, R, W>(x, w, y, K, N, ahead);
  if constexpr (R > 1) {
    if (n > 0) Rows<Type, R - 1, W>(n, x, w, y, K, N, ahead);
  }
}

// Columns `first` to `last` of y. Sixteen registers hold the sums of 3 × 4 or 5 × 2 and what they are made of.
template <typename Type>
void Columns(int64_t n, const float *x, const typename Type::Stored *w, const float *bias, float *y, int64_t K, int64_t N,
             int64_t first, int64_t last) {
  int64_t at = first;
  const auto ahead = [&](int64_t width) {  // at least the rows that are next
    int64_t rows = width * std::max<int64_t>(1, kAhead / (width * std::max<int64_t>(1, K) * sizeof(*w)));
    return at + width + rows <= N ? rows * K : 0;
  };
  if (n == 5) {
    for (; at + 2 <= last; at += 2) Rows<Type, 5, 2>(n, x, w + at * K, y + at, K, N, ahead(2));
  } else {
    for (; at + 4 <= last; at += 4) Rows<Type, 3, 4>(n, x, w + at * K, y + at, K, N, ahead(4));
  }
  for (; at < last; ++at) Rows<Type, 3, 1>(n, x, w + at * K, y + at, K, N, 0);
  for (int64_t i = 0; bias && i < n; ++i) {
    for (int64_t j = first; j < last; ++j) y[i * N + j] += bias[j];
  }
}

template <typename Type>
void Compute(void *, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input x(context, 0, status.status), w(context, 1, status.status), bias(context, 2, status.status);
  if (Failed(context, status.status)) return;
  if (x.Rank() != 2 || w.Rank() != 2 || x.Side(1) != w.Side(1) || (bias.Size() != 0 && bias.Size() != w.Side(0))) {
    return Fail(context, status.status, "Blip2FewRows takes matrices [n, K] and [N, K], and a bias [N] or none");
  }
  const int64_t n = x.Side(0), K = x.Side(1), N = w.Side(0);
  Output y(context, 0, {n, N}, status.status);
  if (Failed(context, status.status)) return;
  constexpr int64_t kBlock = 32;  // rows of w that a thread takes at a time
  const auto *weights = w.Data<const typename Type::Stored>();
  const float *addend = bias.Size() ? bias.Data() : nullptr;
  Spread(N, kBlock, static_cast<double>(n * K), [&](int64_t first, int64_t last) {
    Columns<Type>(n, x.Data(), weights, addend, y.Data(), K, N, first, last);
  });
}

// [n, K], [N, K] → [n, N]
void InferShape(TF_ShapeInferenceContext *context, TF_Status *status) {
  TF_ShapeHandle *x = TF_NewShapeHandle(), *w = TF_NewShapeHandle();
  TF_ShapeInferenceContextGetInput(context, 0, x, status);
  TF_ShapeInferenceContextGetInput(context, 1, w, status);
  TF_ShapeInferenceContextSubshape(context, x, 0, 1, x, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSubshape(context, w, 0, 1, w, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextConcatenateShapes(context, x, w, x, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, 0, x, status);
  TF_DeleteShapeHandle(x);
  TF_DeleteShapeHandle(w);
}

}  // namespace

void RegisterFewRows(TF_Status *status) {
  const char *name = "Blip2FewRows";
  DefineOp(name, {"T: {float, half, bfloat16}"}, {"x: float", "w: T", "bias: float"}, {"y: float"}, InferShape, status);
  AddKernel(name, {Compute<Float32>}, TF_FLOAT, status);
  AddKernel(name, {Compute<Float16>}, TF_HALF, status);
  AddKernel(name, {Compute<BFloat16>}, TF_BFLOAT16, status);
}

}  // namespace tfnodejs
#endif
