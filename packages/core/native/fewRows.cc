// Blip2FewRows: x wᵀ + bias of float32 rows x [n, K] and weights w [N, K], in float32 or in 16 bit, which are widened in
// registers on their way from memory. A language model that writes a token reads all of its weights for a few rows, so what
// counts is how fast they come: they are read once, in their order, and asked for before their turn. Sums are in float32, and a
// row's are in one order whatever rows are beside it. With AMX, eight rows and more times bfloat16 are rounded to it
// (fewRowsAmx.h).
#include "kernels.h"

#if defined(__x86_64__)
#include <algorithm>
#include <type_traits>

#include "fewRowsAmx.h"
#include "processor.h"
#include "sixteen.h"
#include "spread.h"

namespace tfnodejs {
namespace {

// About how many bytes ahead of what is multiplied memory is asked for: by itself the processor does not see, across the ends
// of rows and pages, what follows.
constexpr int64_t kAhead = 3 << 13;
// Numbers of a cache line.
template <typename Type>
constexpr int64_t kLine = 64 / sizeof(typename Type::Stored);

// What is asked for of the rows of w that come next, while those before are multiplied: `rows` of them, from `first` on, which
// are `numbers` ahead of these.
template <typename Type>
struct Ahead {
  int64_t numbers;
  int first, rows;

  // Of each row, what is so far ahead of this.
  inline AVX2 __attribute__((always_inline)) void Ask(const typename Type::Stored *at, int64_t K) const {
    for (int j = first; j < first + rows; ++j) _mm_prefetch(reinterpret_cast<const char *>(at + numbers + j * K), _MM_HINT_T0);
  }
};

// How many rows of x and of w are multiplied at a time, whose sums stay in registers: up to kRows and kWidth, or five and
// kWidthOfFive.
struct Avx2Few {
  static constexpr int kRows = 3, kWidth = 4, kWidthOfFive = 2;

  // R rows of x times W of w, and their bias, which may be null.
  template <typename Type, int R, int W>
  static AVX2 void Tile(const float *x, const typename Type::Stored *w, const float *bias, float *y, int64_t K, int64_t N,
                        Ahead<Type> ahead) {
    __m256 sums[R][W] = {};
    int64_t k = 0;
    for (; k + 8 <= K; k += 8) {
      __m256 weights[W];
      UNROLL for (int j = 0; j < W; ++j) weights[j] = Type::Eight(w + j * K + k);
      if (k % kLine<Type> == 0) ahead.Ask(w + k, K);
      UNROLL for (int i = 0; i < R; ++i) {
        __m256 row = _mm256_loadu_ps(x + i * K + k);
        UNROLL for (int j = 0; j < W; ++j) sums[i][j] = _mm256_fmadd_ps(row, weights[j], sums[i][j]);
      }
    }
    UNROLL for (int i = 0; i < R; ++i) {
      UNROLL for (int j = 0; j < W; ++j) {
        float sum = Sum(sums[i][j]);
        for (int64_t rest = k; rest < K; ++rest) sum += x[i * K + rest] * Type::One(w[j * K + rest]);
        y[i * N + j] = bias ? sum + bias[j] : sum;
      }
    }
  }
};

struct Avx512Few {
  static constexpr int kRows = 4, kWidth = 6, kWidthOfFive = 4;

  template <typename Type, int R, int W>
  static AVX512 void Tile(const float *x, const typename Type::Stored *w, const float *bias, float *y, int64_t K, int64_t N,
                          Ahead<Type> ahead) {
    static_assert(W == 1 || W == 4 || W == 6);
    __m512 sums[R][W] = {};
    int64_t k = 0;
    for (; k + 16 <= K; k += 16) {
      if (k % kLine<Type> == 0) ahead.Ask(w + k, K);
      Step<Type, R, W>(x + k, w + k, K, 0xffff, sums);
    }
    if (k < K) Step<Type, R, W>(x + k, w + k, K, FirstOf(K - k), sums);
    UNROLL for (int i = 0; i < R; ++i) {
      float *to = y + i * N;
      const __m512 *row = sums[i];
      if constexpr (W >= 4) Put(to, SumsOfFour(row[0], row[1], row[2], row[3]), bias, 0xf);
      if constexpr (W == 6) Put(to + 4, SumsOfFour(row[4], row[5], row[4], row[5]), bias ? bias + 4 : bias, 0x3);
      // In the same order, so that a column's number does not depend on how many rows there are.
      const __m512 none = _mm512_setzero_ps();
      if constexpr (W == 1) Put(to, SumsOfFour(row[0], none, none, none), bias, 0x1);
    }
  }

 private:
  // The first of four sums, as many as the mask has.
  static inline AVX512 __attribute__((always_inline)) void Put(float *to, __m128 sums, const float *bias, __mmask8 mask) {
    _mm_mask_storeu_ps(to, mask, bias ? _mm_add_ps(sums, _mm_maskz_loadu_ps(mask, bias)) : sums);
  }

  template <typename Type, int R, int W>
  static inline AVX512 __attribute__((always_inline)) void Step(const float *x, const typename Type::Stored *w, int64_t K,
                                                                __mmask16 mask, __m512 sums[R][W]) {
    __m512 weights[W];
    UNROLL for (int j = 0; j < W; ++j) weights[j] = Sixteen(Type(), w + j * K, mask);
    UNROLL for (int i = 0; i < R; ++i) {
      const __m512 row = _mm512_maskz_loadu_ps(mask, x + i * K);
      UNROLL for (int j = 0; j < W; ++j) sums[i][j] = _mm512_fmadd_ps(row, weights[j], sums[i][j]);
    }
  }
};

// All rows of x times W of w, up to R at a time. Each asks for its part of what comes next of w: memory then is not idle while
// later rows are multiplied.
template <typename Few, typename Type, int R, int W>
void Rows(int64_t n, const float *x, const typename Type::Stored *w, const float *bias, float *y, int64_t K, int64_t N,
          Ahead<Type> ahead) {
  for (; n >= R; n -= R, x += R * K, y += R * N) {
    Few::template Tile<Type, R, W>(x, w, bias, y, K, N, ahead);
    ahead.first += ahead.rows;
    ahead.rows = std::min(ahead.rows, W - ahead.first);
  }
  if constexpr (R > 1) {
    if (n > 0) Rows<Few, Type, R - 1, W>(n, x, w, bias, y, K, N, ahead);
  }
}

// Columns `first` to `last` of y.
template <typename Few, typename Type, int R, int W>
void Columns(int64_t n, const float *x, const typename Type::Stored *w, const float *bias, float *y, int64_t K, int64_t N,
             int64_t first, int64_t last) {
  const int64_t next = W * std::max<int64_t>(1, kAhead / (W * std::max<int64_t>(1, K) * sizeof(*w)));  // rows, at least W
  const int turns = static_cast<int>((n + R - 1) / R), rows = (W + turns - 1) / turns;
  int64_t at = first;
  for (; at + W <= last; at += W) {
    const Ahead<Type> ahead = {next * K, 0, at + W + next <= N ? rows : 0};
    Rows<Few, Type, R, W>(n, x, w + at * K, bias ? bias + at : bias, y + at, K, N, ahead);
  }
  for (; at < last; ++at) Rows<Few, Type, R, 1>(n, x, w + at * K, bias ? bias + at : bias, y + at, K, N, {});
}

template <typename Few, typename Type>
auto Chosen(int64_t n) {
  return n == 5 ? Columns<Few, Type, 5, Few::kWidthOfFive> : Columns<Few, Type, Few::kRows, Few::kWidth>;
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
  if (Failed(context, status.status) || n == 0) return;
  const auto *weights = w.Data<const typename Type::Stored>();
  const float *addend = bias.Size() ? bias.Data() : nullptr;
#ifdef BLIP2_AMX
  if constexpr (std::is_same_v<Type, BFloat16>) {
    if (HasAmx() && FewRowsAmx::Fits(n, K, N)) return FewRowsAmx(n, x.Data(), weights, addend, y.Data(), K, N).Compute();
  }
#endif
  constexpr int64_t kBlock = 48;  // rows of w that a thread takes at a time
  const auto columns = HasAvx512() ? Chosen<Avx512Few, Type>(n) : Chosen<Avx2Few, Type>(n);
  Spread(N, kBlock, static_cast<double>(n * K), [&](int64_t first, int64_t last) {
    columns(n, x.Data(), weights, addend, y.Data(), K, N, first, last);
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
