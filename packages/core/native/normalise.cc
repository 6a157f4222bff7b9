// Blip2LayerNorm, Blip2RmsNorm and Blip2Standardise (LayerNorm without scale and shift) over the last axis of float32, and
// their gradients, each in one pass over memory: a row that is read again lies in the processor's first cache by then. For
// the gradient x and gamma are all that is kept: a row's mean and scale are made again on the way.
#include "kernels.h"

#if defined(__x86_64__)
#include <algorithm>
#include <cmath>

#include "workers.h"

namespace tfnodejs {
namespace {

// Eight numbers, or fewer at a row's end, where `lanes` says which; the others are 0.
template <bool kWhole>
INLINE __m256 Load(const float *p, __m256i lanes) {
  if constexpr (kWhole) return _mm256_loadu_ps(p);
  return _mm256_maskload_ps(p, lanes);
}

template <bool kWhole>
INLINE void Store(float *p, __m256 value, __m256i lanes) {
  if constexpr (kWhole) return _mm256_storeu_ps(p, value);
  _mm256_maskstore_ps(p, lanes, value);
}

// Calls `step` for all of a row, in turns with 0 and 1: the places of two sums, which need not wait for each other.
template <typename Step>
INLINE void ForRow(int64_t width, Step &step) {
  constexpr int kTurns = 2;
  const __m256i all = _mm256_set1_epi32(-1);
  int64_t k = 0;
  for (; k + 8 * kTurns <= width; k += 8 * kTurns) {
    UNROLL for (int turn = 0; turn < kTurns; ++turn) step.template At<true>(k + 8 * turn, turn, all);
  }
  for (; k + 8 <= width; k += 8) step.template At<true>(k, 0, all);
  const __m256i rest = _mm256_set1_epi32(static_cast<int>(width - k));
  if (k < width) step.template At<false>(k, 0, _mm256_cmpgt_epi32(rest, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)));
}

struct Sums {
  __m256 parts[2] = {};
  INLINE float Total() const { return Sum(_mm256_add_ps(parts[0], parts[1])); }
};

struct Total {
  const float *x;
  Sums sums;
  template <bool kWhole>
  INLINE void At(int64_t k, int turn, __m256i lanes) {
    sums.parts[turn] = _mm256_add_ps(sums.parts[turn], Load<kWhole>(x + k, lanes));
  }
};

INLINE float Mean(const float *x, int64_t width) {
  Total total{x, {}};
  ForRow(width, total);
  return total.sums.Total() / static_cast<float>(width);
}

// The forms, by what they have. Without a mean, it is 0.
template <bool kMean, bool kScale, bool kShift>
struct Form {
  static constexpr bool kIsCentred = kMean, kIsScaled = kScale, kIsShifted = kShift;
  static constexpr int kScales = kScale + kShift;

  static INLINE float MeanOf(const float *x, int64_t width) { return kMean ? Mean(x, width) : 0; }

  template <bool kWhole>
  static INLINE __m256 Centred(const float *x, __m256 mean, __m256i lanes) {
    const __m256 value = Load<kWhole>(x, lanes);
    if constexpr (!kMean) return value;
    const __m256 centred = _mm256_sub_ps(value, mean);
    return kWhole ? centred : _mm256_and_ps(centred, _mm256_castsi256_ps(lanes));
  }
};
using LayerNorm = Form<true, true, true>;
using RmsNorm = Form<false, true, false>;
using Standardise = Form<true, false, false>;

template <typename Norm>
struct Squares {
  const float *x;
  __m256 mean;
  Sums sums;
  template <bool kWhole>
  INLINE void At(int64_t k, int turn, __m256i lanes) {
    const __m256 c = Norm::template Centred<kWhole>(x + k, mean, lanes);
    sums.parts[turn] = _mm256_fmadd_ps(c, c, sums.parts[turn]);
  }
};

INLINE float Inverse(float squares, int64_t width, float epsilon) {
  return 1 / std::sqrt(squares / static_cast<float>(width) + epsilon);
}

// Keeps a product from becoming one with the sum after it: bits are then those of one operation after the other.
INLINE __m256 Rounded(__m256 value) {
  asm("" : "+x"(value));
  return value;
}

template <typename Norm>
struct Result {
  const float *x, *gamma, *beta;
  float *y;
  __m256 mean, inverse;
  template <bool kWhole>
  INLINE void At(int64_t k, int, __m256i lanes) {
    __m256 value = _mm256_mul_ps(Norm::template Centred<kWhole>(x + k, mean, lanes), inverse);
    if constexpr (Norm::kIsScaled) value = Rounded(_mm256_mul_ps(value, Load<kWhole>(gamma + k, lanes)));
    if constexpr (Norm::kIsShifted) value = _mm256_add_ps(value, Load<kWhole>(beta + k, lanes));
    Store<kWhole>(y + k, value, lanes);
  }
};

template <typename Norm>
AVX2 void ForwardRow(const float *x, const float *gamma, const float *beta, float *y, int64_t width, float epsilon) {
  const __m256 mean = _mm256_set1_ps(Norm::MeanOf(x, width));
  Squares<Norm> squares{x, mean, {}};
  ForRow(width, squares);
  Result<Norm> result{x, gamma, beta, y, mean, _mm256_set1_ps(Inverse(squares.sums.Total(), width, epsilon))};
  ForRow(width, result);
}

// A row of a gradient: of the normal row, dy ∘ gamma.
template <typename Norm, bool kWhole>
INLINE __m256 NormalSlope(__m256 dy, const float *gamma, __m256i lanes) {
  return Norm::kIsScaled ? _mm256_mul_ps(dy, Load<kWhole>(gamma, lanes)) : dy;
}

template <typename Norm>
struct SlopeSums {
  const float *dy, *x, *gamma;
  __m256 mean;
  Sums squares, slopes, along;
  template <bool kWhole>
  INLINE void At(int64_t k, int turn, __m256i lanes) {
    const __m256 c = Norm::template Centred<kWhole>(x + k, mean, lanes);
    const __m256 slope = NormalSlope<Norm, kWhole>(Load<kWhole>(dy + k, lanes), gamma + k, lanes);
    squares.parts[turn] = _mm256_fmadd_ps(c, c, squares.parts[turn]);
    slopes.parts[turn] = _mm256_add_ps(slopes.parts[turn], slope);
    along.parts[turn] = _mm256_fmadd_ps(slope, c, along.parts[turn]);
  }
};

// dx = (slope − its mean − normal · the mean of slope ∘ normal) / σ; and the sums over rows.
template <typename Norm>
struct SlopeResult {
  const float *dy, *x, *gamma;
  float *dx, *dGamma, *dBeta;
  __m256 mean, inverse, meanSlope, meanAlong;
  template <bool kWhole>
  INLINE void At(int64_t k, int, __m256i lanes) {
    const __m256 normal = _mm256_mul_ps(Norm::template Centred<kWhole>(x + k, mean, lanes), inverse);
    const __m256 given = Load<kWhole>(dy + k, lanes);
    const __m256 slope = _mm256_sub_ps(NormalSlope<Norm, kWhole>(given, gamma + k, lanes), meanSlope);
    Store<kWhole>(dx + k, _mm256_mul_ps(_mm256_fnmadd_ps(normal, meanAlong, slope), inverse), lanes);
    if constexpr (Norm::kIsScaled) {
      Store<kWhole>(dGamma + k, _mm256_fmadd_ps(given, normal, Load<kWhole>(dGamma + k, lanes)), lanes);
    }
    if constexpr (Norm::kIsShifted) Store<kWhole>(dBeta + k, _mm256_add_ps(given, Load<kWhole>(dBeta + k, lanes)), lanes);
  }
};

template <typename Norm>
AVX2 void BackwardRow(const float *dy, const float *x, const float *gamma, float *dx, float *dGamma, float *dBeta,
                      int64_t width, float epsilon) {
  const __m256 mean = _mm256_set1_ps(Norm::MeanOf(x, width));
  SlopeSums<Norm> sums{dy, x, gamma, mean, {}, {}, {}};
  ForRow(width, sums);
  const float inverse = Inverse(sums.squares.Total(), width, epsilon), count = static_cast<float>(width);
  const float meanSlope = Norm::kIsCentred ? sums.slopes.Total() / count : 0;
  SlopeResult<Norm> result{dy, x, gamma, dx, dGamma, dBeta, mean, _mm256_set1_ps(inverse), _mm256_set1_ps(meanSlope),
                           _mm256_set1_ps(sums.along.Total() * inverse / count)};
  ForRow(width, result);
}

struct AddTo {
  float *sum;
  const float *part;
  template <bool kWhole>
  INLINE void At(int64_t k, int, __m256i lanes) {
    Store<kWhole>(sum + k, _mm256_add_ps(Load<kWhole>(sum + k, lanes), Load<kWhole>(part + k, lanes)), lanes);
  }
};

AVX2 void Add(float *sum, const float *part, int64_t width) {
  AddTo add{sum, part};
  ForRow(width, add);
}

constexpr int64_t kBlockSize = 1 << 14;  // numbers that a thread takes at a time, at least

// body(first row, row after the last, number of the block), at once where the work is less than waking a thread.
void ForBlocks(int64_t rows, int64_t width, int64_t block_rows, const std::function<void(int64_t, int64_t, int64_t)> &body) {
  const int64_t blocks = (rows + block_rows - 1) / block_rows;
  const auto one = [&](int64_t block) { body(block * block_rows, std::min(rows, (block + 1) * block_rows), block); };
  if (rows * width > 2 * kBlockSize) return InParallel(blocks, one);
  for (int64_t block = 0; block < blocks; ++block) one(block);
}

constexpr char kEpsilon[] = "epsilon";

// The last side of x, if all fits: scales are of that length.
int64_t Width(const Operand &x, std::initializer_list<const Operand *> scales) {
  const int64_t width = x.Rank() ? x.Side(x.Rank() - 1) : -1;
  for (const Operand *scale : scales) {
    if (scale->Rank() != 1 || scale->Side(0) != width) return -1;
  }
  return width;
}

// x, gamma, beta → y, as far as the form has them
template <typename Norm>
void Forward(void *state, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  const float epsilon = *static_cast<float *>(state);
  InPlace y(context, status.status);
  if (TF_GetCode(status.status) != TF_OK) return TF_OpKernelContext_Failure(context, status.status);
  // What a form does not have is another input here, and not read.
  Input x(context, 0, status.status), gamma(context, Norm::kIsScaled ? 1 : 0, status.status),
      beta(context, Norm::kScales, status.status);
  const int64_t width = Norm::kIsScaled ? Width(x, {&gamma, &beta}) : Width(x, {});
  if (width < 0) return Fail(context, status.status, "A norm takes rows x [..., D], and gamma and beta [D]");
  if (x.Size() == 0) return;
  ForBlocks(x.Size() / width, width, std::max<int64_t>(1, kBlockSize / width), [&](int64_t row, int64_t end, int64_t) {
    for (; row < end; ++row) {
      const int64_t at = row * width;
      ForwardRow<Norm>(x.Data() + at, gamma.Data(), beta.Data(), y.Data() + at, width, epsilon);
    }
  });
}

// dy, x, gamma → dx, dgamma, dbeta, as far as the form has them. Sums over rows are first over blocks of them, which depend
// on the shape of x alone, and then over the blocks in their order: the same bits from any number of threads.
template <typename Norm>
void Backward(void *state, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  const float epsilon = *static_cast<float *>(state);
  InPlace dx(context, status.status);
  if (TF_GetCode(status.status) != TF_OK) return TF_OpKernelContext_Failure(context, status.status);
  Input dy(context, 0, status.status), x(context, 1, status.status), gamma(context, 1 + Norm::kIsScaled, status.status);
  const int64_t width = Norm::kIsScaled ? Width(x, {&gamma}) : Width(x, {});
  if (width < 0 || dy.Size() != x.Size()) {
    return Fail(context, status.status, "The gradient of a norm takes dy and x [..., D], and gamma [D]");
  }
  constexpr int64_t kMostBlocks = 32;
  const int64_t rows = x.Size() ? x.Size() / width : 0;
  const int64_t block_rows =
      std::max({int64_t{1}, kBlockSize / std::max<int64_t>(1, width), (rows + kMostBlocks - 1) / kMostBlocks});
  const int64_t block_sums = Norm::kScales * width;
  std::vector<float> sums((rows + block_rows - 1) / block_rows * block_sums);
  ForBlocks(rows, width, block_rows, [&](int64_t row, int64_t end, int64_t block) {
    float *d_gamma = sums.data() + block * block_sums, *d_beta = d_gamma + width;
    for (; row < end; ++row) {
      const int64_t at = row * width;
      BackwardRow<Norm>(dy.Data() + at, x.Data() + at, gamma.Data(), dx.Data() + at, d_gamma, d_beta, width, epsilon);
    }
  });
  for (int scale = 0; scale < Norm::kScales; ++scale) {
    Output total(context, 1 + scale, {width}, status.status);
    if (TF_GetCode(status.status) != TF_OK) return TF_OpKernelContext_Failure(context, status.status);
    std::fill_n(total.Data(), width, 0.0f);
    for (size_t at = scale * width; at < sums.size(); at += block_sums) Add(total.Data(), sums.data() + at, width);
  }
}

template <typename Norm>
void AddNorm(const char *name, const char *gradient, TF_Status *status) {
  AddKernel(name, {Forward<Norm>, CreateNumber<kEpsilon>, DestroyNumber}, status);
  AddKernel(gradient, {Backward<Norm>, CreateNumber<kEpsilon>, DestroyNumber}, status);
}

}  // namespace

void RegisterNormalise(TF_Status *status) {
  const auto define = [&](const char *name, std::initializer_list<const char *> inputs,
                          std::initializer_list<const char *> outputs, ShapeFunction shape) {
    DefineOp(name, {"epsilon: float"}, inputs, outputs, shape, status);
  };
  define("Blip2LayerNorm", {"x: float", "gamma: float", "beta: float"}, {"y: float"}, LikeInputs<0>);
  define("Blip2LayerNormGrad", {"dy: float", "x: float", "gamma: float"}, {"dx: float", "dgamma: float", "dbeta: float"},
         LikeInputs<0, 2, 2>);
  AddNorm<LayerNorm>("Blip2LayerNorm", "Blip2LayerNormGrad", status);
  define("Blip2RmsNorm", {"x: float", "gamma: float"}, {"y: float"}, LikeInputs<0>);
  define("Blip2RmsNormGrad", {"dy: float", "x: float", "gamma: float"}, {"dx: float", "dgamma: float"}, LikeInputs<0, 2>);
  AddNorm<RmsNorm>("Blip2RmsNorm", "Blip2RmsNormGrad", status);
  define("Blip2Standardise", {"x: float"}, {"y: float"}, LikeInputs<0>);
  define("Blip2StandardiseGrad", {"dy: float", "x: float"}, {"dx: float"}, LikeInputs<0>);
  AddNorm<Standardise>("Blip2Standardise", "Blip2StandardiseGrad", status);
}

}  // namespace tfnodejs
#endif
