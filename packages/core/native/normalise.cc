// Blip2LayerNorm, Blip2RmsNorm and Blip2Standardise (LayerNorm without scale and shift) over the last axis of float32, and
// their gradients, each in one pass over memory: a row that is read again lies in the processor's first cache by then. For
// the gradient x and gamma are all that is kept: a row's mean and scale are made again on the way. "Grad" has the gradients of
// x, gamma and beta, "InputGrad" that of x alone, for scales that are frozen.
#include "kernels.h"

#if defined(__x86_64__)
#include <algorithm>
#include <cmath>

#include "spread.h"

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

// dx = (slope − its mean − normal · the mean of slope ∘ normal) / σ; and so many sums over rows, of dgamma and dbeta.
template <typename Norm, int kSums>
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
    if constexpr (kSums > 0) {
      Store<kWhole>(dGamma + k, _mm256_fmadd_ps(given, normal, Load<kWhole>(dGamma + k, lanes)), lanes);
    }
    if constexpr (kSums > 1) Store<kWhole>(dBeta + k, _mm256_add_ps(given, Load<kWhole>(dBeta + k, lanes)), lanes);
  }
};

template <typename Norm, int kSums>
AVX2 void BackwardRow(const float *dy, const float *x, const float *gamma, float *dx, float *dGamma, float *dBeta,
                      int64_t width, float epsilon) {
  const __m256 mean = _mm256_set1_ps(Norm::MeanOf(x, width));
  SlopeSums<Norm> sums{dy, x, gamma, mean, {}, {}, {}};
  ForRow(width, sums);
  const float inverse = Inverse(sums.squares.Total(), width, epsilon), count = static_cast<float>(width);
  const float meanSlope = Norm::kIsCentred ? sums.slopes.Total() / count : 0;
  SlopeResult<Norm, kSums> result{dy, x, gamma, dx, dGamma, dBeta, mean, _mm256_set1_ps(inverse), _mm256_set1_ps(meanSlope),
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

constexpr char kEpsilon[] = "epsilon";

// What forward and backward begin with. What a form does not have is another input here, and not read.
template <typename Norm>
struct Pass {
  const float epsilon;
  TF_AutoStatus status;
  InPlace result;
  Input first, x, gamma;  // the first is x, or the gradient of its norm
  int64_t width = -1, rows = 0;

  Pass(void *state, TF_OpKernelContext *context, int x_at)
      : epsilon(*static_cast<const float *>(state)),
        result(context, status.status),
        first(context, 0, status.status),
        x(context, x_at, status.status),
        gamma(context, x_at + Norm::kIsScaled, status.status) {}

  // False where the operands do not belong together: the kernel has ended then.
  bool Begin(TF_OpKernelContext *context) {
    if (Failed(context, status.status)) return false;
    if (x.Rank()) width = x.Side(x.Rank() - 1);
    if (width < 0 || first.Sides() != x.Sides() || (Norm::kIsScaled && !Fits(gamma))) {
      Fail(context, status.status, "A norm takes rows x [..., D], scales [D], and a gradient of the shape of x");
      return false;
    }
    rows = x.Size() ? x.Size() / width : 0;
    return true;
  }

  bool Fits(const Operand &scale) const { return scale.Rank() == 1 && scale.Side(0) == width; }

  // Rows of about so many numbers, one at least, are what a thread takes at a time.
  int64_t BlockRows() const { return kBlockSize / std::max<int64_t>(1, std::min(width, kBlockSize)); }
};

// x, gamma, beta → y, as far as the form has them
template <typename Norm>
void Forward(void *state, TF_OpKernelContext *context) {
  Pass<Norm> pass(state, context, 0);
  Input beta(context, Norm::kScales, pass.status.status);
  if (!pass.Begin(context)) return;
  if (Norm::kIsShifted && !pass.Fits(beta)) return Fail(context, pass.status.status, "A norm's shift is beta [D]");
  const int64_t width = pass.width;
  const float *x = pass.x.Data(), *scale = pass.gamma.Data(), *shift = beta.Data();
  float *y = pass.result.Data();
  Spread(pass.rows, pass.BlockRows(), kWorkOfPass * width, [&](int64_t row, int64_t end) {
    for (; row < end; ++row) ForwardRow<Norm>(x + row * width, scale, shift, y + row * width, width, pass.epsilon);
  });
}

// dy, x, gamma → dx, and the first kSums of dgamma and dbeta. Sums over rows are first over blocks of them, which depend
// on the shape of x alone, and then over the blocks in their order: the same bits from any number of threads.
template <typename Norm, int kSums>
void Backward(void *state, TF_OpKernelContext *context) {
  Pass<Norm> pass(state, context, 1);
  if (!pass.Begin(context)) return;
  constexpr int64_t kMostBlocks = 32;
  const int64_t width = pass.width, rows = pass.rows;
  const int64_t block_rows = std::max(pass.BlockRows(), (rows + kMostBlocks - 1) / kMostBlocks), block_sums = kSums * width;
  std::vector<float> sums((rows + block_rows - 1) / block_rows * block_sums);
  const float *dy = pass.first.Data(), *x = pass.x.Data(), *gamma = pass.gamma.Data();
  float *dx = pass.result.Data();
  Spread(rows, block_rows, kWorkOfPass * width, [&](int64_t row, int64_t end) {
    float *d_gamma = sums.data() + row / block_rows * block_sums, *d_beta = d_gamma + width;
    for (; row < end; ++row) {
      const int64_t at = row * width;
      BackwardRow<Norm, kSums>(dy + at, x + at, gamma, dx + at, d_gamma, d_beta, width, pass.epsilon);
    }
  });
  for (int scale = 0; scale < kSums; ++scale) {
    Output total(context, 1 + scale, {width}, pass.status.status);
    if (Failed(context, pass.status.status)) return;
    std::fill_n(total.Data(), width, 0.0f);
    for (size_t at = scale * width; at < sums.size(); at += block_sums) Add(total.Data(), sums.data() + at, width);
  }
}

template <typename Norm, int kSums>
void AddGradient(const char *name, TF_Status *status) {
  AddKernel(name, {Backward<Norm, kSums>, CreateNumber<kEpsilon>, DestroyNumber}, status);
}

template <typename Norm>
void AddNorm(const char *name, TF_Status *status) {
  AddKernel(name, {Forward<Norm>, CreateNumber<kEpsilon>, DestroyNumber}, status);
}

}  // namespace

void RegisterNormalise(TF_Status *status) {
  const auto define = [&](const char *name, std::initializer_list<const char *> inputs,
                          std::initializer_list<const char *> outputs, ShapeFunction shape) {
    DefineOp(name, {"epsilon: float"}, inputs, outputs, shape, status);
  };
  define("Blip2LayerNorm", {"x: float", "gamma: float", "beta: float"}, {"y: float"}, LikeInputs<0>);
  AddNorm<LayerNorm>("Blip2LayerNorm", status);
  define("Blip2LayerNormGrad", {"dy: float", "x: float", "gamma: float"}, {"dx: float", "dgamma: float", "dbeta: float"},
         LikeInputs<0, 2, 2>);
  AddGradient<LayerNorm, 2>("Blip2LayerNormGrad", status);
  define("Blip2LayerNormInputGrad", {"dy: float", "x: float", "gamma: float"}, {"dx: float"}, LikeInputs<0>);
  AddGradient<LayerNorm, 0>("Blip2LayerNormInputGrad", status);
  define("Blip2RmsNorm", {"x: float", "gamma: float"}, {"y: float"}, LikeInputs<0>);
  AddNorm<RmsNorm>("Blip2RmsNorm", status);
  define("Blip2RmsNormGrad", {"dy: float", "x: float", "gamma: float"}, {"dx: float", "dgamma: float"}, LikeInputs<0, 2>);
  AddGradient<RmsNorm, 1>("Blip2RmsNormGrad", status);
  define("Blip2RmsNormInputGrad", {"dy: float", "x: float", "gamma: float"}, {"dx: float"}, LikeInputs<0>);
  AddGradient<RmsNorm, 0>("Blip2RmsNormInputGrad", status);
  define("Blip2Standardise", {"x: float"}, {"y: float"}, LikeInputs<0>);
  AddNorm<Standardise>("Blip2Standardise", status);
  define("Blip2StandardiseInputGrad", {"dy: float", "x: float"}, {"dx: float"}, LikeInputs<0>);
  AddGradient<Standardise, 0>("Blip2StandardiseInputGrad", status);
}

}  // namespace tfnodejs
#endif
