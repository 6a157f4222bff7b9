// Blip2AdamW: one update by AdamW (Loshchilov & Hutter), as torch.optim.AdamW computes it, in one pass over memory: what it is
// given is read once and what it makes written once, past the caches, which are too small to hold it until it is needed.
//
// weight, first and second moment, gradient, all of one size; scalars: what the gradient is multiplied with first, learning rate,
// weight decay, 1 − β₁ᵗ, 1 − β₂ᵗ. Results: weight, first and second moment.
#include "kernels.h"

#if defined(__x86_64__)
#include <cmath>

#include "spread.h"

namespace tfnodejs {
namespace {

struct Options {
  float beta1 = 0, beta2 = 0, epsilon = 0;
};

constexpr char kBeta1[] = "beta1", kBeta2[] = "beta2", kEpsilon[] = "epsilon";

void *Create(TF_OpKernelConstruction *construction) {
  TF_AutoStatus status;
  auto *options = new Options;
  TF_OpKernelConstruction_GetAttrFloat(construction, kBeta1, &options->beta1, status.status);
  TF_OpKernelConstruction_GetAttrFloat(construction, kBeta2, &options->beta2, status.status);
  TF_OpKernelConstruction_GetAttrFloat(construction, kEpsilon, &options->epsilon, status.status);
  return options;
}

void Destroy(void *options) { delete static_cast<Options *>(options); }

// Bias correction is folded into the rate and ε.
struct Update {
  float kept, rate, scale, beta1, beta2, epsilon;
  const float *weight, *first, *second, *gradient;
  float *new_weight, *new_first, *new_second;

  INLINE void At(int64_t i, __m256 numbers[3]) const {
    const __m256 g = _mm256_mul_ps(_mm256_loadu_ps(gradient + i), Constant(scale));
    const __m256 m = _mm256_loadu_ps(first + i), v = _mm256_loadu_ps(second + i);
    numbers[1] = _mm256_fmadd_ps(_mm256_sub_ps(g, m), Constant(1 - beta1), m);
    numbers[2] = _mm256_fmadd_ps(_mm256_fmsub_ps(g, g, v), Constant(1 - beta2), v);
    const __m256 step = _mm256_div_ps(_mm256_mul_ps(numbers[1], Constant(rate)),
                                      _mm256_add_ps(_mm256_sqrt_ps(numbers[2]), Constant(epsilon)));
    numbers[0] = _mm256_fmsub_ps(_mm256_loadu_ps(weight + i), Constant(kept), step);
  }

  // Numbers from … last − 1; what is written begins at a multiple of 32 bytes.
  AVX2 void Span(int64_t from, int64_t last) const {
    float *const results[] = {new_weight, new_first, new_second};
    int64_t i = from;
    for (; i + 8 <= last; i += 8) {
      __m256 numbers[3];
      At(i, numbers);
      UNROLL for (int j = 0; j < 3; ++j) _mm256_stream_ps(results[j] + i, numbers[j]);
    }
    _mm_sfence();
    if (i < last) Rest(i, last);
  }

 private:
  AVX2 void Rest(int64_t i, int64_t last) const {
    float rest[4][8] = {}, made[3][8];
    const float *const given[] = {weight, first, second, gradient};
    for (int j = 0; j < 4; ++j) std::copy(given[j] + i, given[j] + last, rest[j]);
    Update part = *this;
    part.weight = rest[0], part.first = rest[1], part.second = rest[2], part.gradient = rest[3];
    __m256 numbers[3];
    part.At(0, numbers);
    float *const results[] = {new_weight, new_first, new_second};
    for (int j = 0; j < 3; ++j) {
      _mm256_storeu_ps(made[j], numbers[j]);
      std::copy(made[j], made[j] + (last - i), results[j] + i);
    }
  }
};

void Compute(void *attributes, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input weight(context, 0, status.status), first(context, 1, status.status), second(context, 2, status.status);
  Input gradient(context, 3, status.status), scale(context, 4, status.status), rate(context, 5, status.status);
  Input decay(context, 6, status.status), correction1(context, 7, status.status), correction2(context, 8, status.status);
  if (Failed(context, status.status)) return;
  for (const Input *x : {&first, &second, &gradient}) {
    if (x->Size() == weight.Size()) continue;
    return Fail(context, status.status, "AdamW: a moment or the gradient is not of the weight's size");
  }
  for (const Input *x : {&scale, &rate, &decay, &correction1, &correction2}) {
    if (x->Size() != 1) return Fail(context, status.status, "AdamW takes scalar rates");
  }
  const std::vector<int64_t> sides = weight.Sides();
  Output new_weight(context, 0, sides, status.status), new_first(context, 1, sides, status.status);
  Output new_second(context, 2, sides, status.status);
  if (Failed(context, status.status)) return;
  const auto &options = *static_cast<Options *>(attributes);
  const double root = std::sqrt(static_cast<double>(*correction2.Data())), learning = *rate.Data();
  Update update;
  update.kept = static_cast<float>(1 - learning * *decay.Data());
  update.rate = static_cast<float>(learning * root / *correction1.Data());
  update.epsilon = static_cast<float>(options.epsilon * root);
  update.scale = *scale.Data(), update.beta1 = options.beta1, update.beta2 = options.beta2;
  update.weight = weight.Data(), update.first = first.Data(), update.second = second.Data();
  update.gradient = gradient.Data();
  update.new_weight = new_weight.Data(), update.new_first = new_first.Data(), update.new_second = new_second.Data();
  constexpr int64_t kSpan = 1 << 15;  // that a thread takes at a time
  Spread(weight.Size(), kSpan, 4 * kWorkOfPass, [&](int64_t at, int64_t end) { update.Span(at, end); });
}

}  // namespace

void RegisterAdamW(TF_Status *status) {
  const char *name = "Blip2AdamW";
  DefineOp(name, {"beta1: float", "beta2: float", "epsilon: float"},
           {"weight: float", "first: float", "second: float", "gradient: float", "scale: float", "rate: float", "decay: float",
            "correction1: float", "correction2: float"},
           {"new_weight: float", "new_first: float", "new_second: float"}, LikeInputs<0, 1, 2>, status);
  AddKernel(name, {Compute, Create, Destroy}, status);
}

}  // namespace tfnodejs
#endif
