// Blip2FewRows: x wᵀ of float32 rows x [n, K] and weights w [N, K], in float32 or in 16 bit, which are widened in registers
// on their way from memory. A language model that writes a token reads all of its weights for a few rows, so what counts is
// how fast they come: they are read once, in their order, and asked for before their turn. Sums are in float32, and a row's
// are in one order whatever rows are beside it.
//
// For x86 with AVX2, FMA and F16C. Elsewhere the operation does not exist: TensorFlow's product is taken, and matrices in 16
// bit are widened one at a time.
#include "extensions.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>

#include "tensorflow/c/ops.h"
#include "workers.h"

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
void TF_OpKernelContext_Failure(TF_OpKernelContext *, TF_Status *);
}

namespace tfnodejs {
namespace {

#define AVX2 __attribute__((target("avx2,fma,f16c")))
#define UNROLL _Pragma("GCC unroll 8")

struct Float32 {
  using Stored = float;
  static inline AVX2 __m256 Eight(const float *p) { return _mm256_loadu_ps(p); }
  static inline AVX2 float One(float value) { return value; }
};

struct Float16 {
  using Stored = uint16_t;
  static inline AVX2 __m256 Eight(const uint16_t *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p)));
  }
  static inline AVX2 float One(uint16_t bits) { return _cvtsh_ss(bits); }
};

struct BFloat16 {
  using Stored = uint16_t;
  static inline AVX2 __m256 Eight(const uint16_t *p) {
    __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
  }
  static inline AVX2 float One(uint16_t bits) {
    return _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(static_cast<int>(bits) << 16)));
  }
};

inline AVX2 float Sum(__m256 v) {
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

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
void Columns(int64_t n, const float *x, const typename Type::Stored *w, float *y, int64_t K, int64_t N, int64_t first,
             int64_t last) {
  int64_t at = first;
  const auto ahead = [&](int64_t width) {  // at least the rows that are next
    int64_t rows = width * std::max<int64_t>(1, kAhead / (width * K * sizeof(*w)));
    return at + width + rows <= N ? rows * K : 0;
  };
  if (n == 5) {
    for (; at + 2 <= last; at += 2) Rows<Type, 5, 2>(n, x, w + at * K, y + at, K, N, ahead(2));
  } else {
    for (; at + 4 <= last; at += 4) Rows<Type, 3, 4>(n, x, w + at * K, y + at, K, N, ahead(4));
  }
  for (; at < last; ++at) Rows<Type, 3, 1>(n, x, w + at * K, y + at, K, N, 0);
}

// An input's tensor, given back at the end.
struct Input {
  TF_Tensor *tensor = nullptr;
  Input(TF_OpKernelContext *context, int index, TF_Status *status) { TF_GetInput(context, index, &tensor, status); }
  ~Input() {
    if (tensor) TF_DeleteTensor(tensor);
  }
  bool IsMatrix() const { return tensor && TF_NumDims(tensor) == 2; }
  int64_t Side(int index) const { return TF_Dim(tensor, index); }
};

template <typename Type>
void Compute(void *, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input x(context, 0, status.status), w(context, 1, status.status);
  if (!x.IsMatrix() || !w.IsMatrix() || x.Side(1) != w.Side(1)) {
    TF_SetStatus(status.status, TF_INVALID_ARGUMENT, "Blip2FewRows takes matrices [n, K] and [N, K]");
    return TF_OpKernelContext_Failure(context, status.status);
  }
  const int64_t n = x.Side(0), K = x.Side(1), N = w.Side(0), shape[] = {n, N};
  TF_Tensor *y = TF_AllocateOutput(context, 0, TF_FLOAT, shape, 2, n * N * sizeof(float), status.status);
  if (TF_GetCode(status.status) != TF_OK) return TF_OpKernelContext_Failure(context, status.status);
  constexpr int64_t kBlock = 32;  // rows of w that a thread takes at a time
  const auto *rows = static_cast<const float *>(TF_TensorData(x.tensor));
  const auto *weights = static_cast<const typename Type::Stored *>(TF_TensorData(w.tensor));
  auto *result = static_cast<float *>(TF_TensorData(y));
  if (n * N * K < 1 << 18) {  // less work than waking a thread
    Columns<Type>(n, rows, weights, result, K, N, 0, N);
  } else {
    InParallel((N + kBlock - 1) / kBlock, [&](int64_t block) {
      Columns<Type>(n, rows, weights, result, K, N, block * kBlock, std::min(N, (block + 1) * kBlock));
    });
  }
  TF_DeleteTensor(y);
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

template <typename Type>
void RegisterKernel(TF_DataType dtype, TF_Status *status) {
  TF_KernelBuilder *kernel = TF_NewKernelBuilder("Blip2FewRows", "CPU", nullptr, Compute<Type>, nullptr);
  TF_KernelBuilder_TypeConstraint(kernel, "T", dtype, status);
  if (TF_GetCode(status) == TF_OK) TF_RegisterKernelBuilder("Blip2FewRows", kernel, status);
}

bool Register() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return false;  // F16C came before AVX2
  TF_AutoStatus status;
  TF_OpDefinitionBuilder *op = TF_NewOpDefinitionBuilder("Blip2FewRows");
  TF_OpDefinitionBuilderAddAttr(op, "T: {float, half, bfloat16}");
  TF_OpDefinitionBuilderAddInput(op, "x: float");
  TF_OpDefinitionBuilderAddInput(op, "w: T");
  TF_OpDefinitionBuilderAddOutput(op, "y: float");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, InferShape);
  TF_RegisterOpDefinition(op, status.status);
  if (TF_GetCode(status.status) == TF_OK) RegisterKernel<Float32>(TF_FLOAT, status.status);
  if (TF_GetCode(status.status) == TF_OK) RegisterKernel<Float16>(TF_HALF, status.status);
  if (TF_GetCode(status.status) == TF_OK) RegisterKernel<BFloat16>(TF_BFLOAT16, status.status);
  return TF_GetCode(status.status) == TF_OK;
}

}  // namespace
}  // namespace tfnodejs
#else
namespace tfnodejs {
namespace {
bool Register() { return false; }
}  // namespace
}  // namespace tfnodejs
#endif

namespace tfnodejs {

// hasFewRows: whether the operation exists here.
void RegisterFewRows(napi_env env, napi_value exports) {
  static const bool registered = Register();  // once for the process, though threads load the module again
  napi_value value;
  napi_get_boolean(env, registered, &value);
  napi_set_named_property(env, exports, "hasFewRows", value);
}

}  // namespace tfnodejs
