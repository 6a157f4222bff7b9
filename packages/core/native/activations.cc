// Activation functions x · g(x) of float32 and their gradients, each in one pass over memory: Blip2Gelu (exact),
// Blip2GeluTanh, Blip2QuickGelu and Blip2Silu, and the same with "Grad". For the gradient x is all that is kept. Values and
// slopes are within 2.5e-7 of the exact ones, relative to the larger of |x| and 1.
#include "kernels.h"

#if defined(__x86_64__)
#include <algorithm>

#include "spread.h"

namespace tfnodejs {
namespace {

// g(x) and g′(x).
struct Gate {
  __m256 value, slope;
};

// 1 / (1 + e⁻ᵘ) for u(x) whose slope is du.
INLINE Gate Sigmoid(__m256 u, __m256 du) {
  const __m256 inverse = Exp(_mm256_sub_ps(Constant(0), u));
  const __m256 value = _mm256_div_ps(Constant(1), _mm256_add_ps(Constant(1), inverse));
  const __m256 rest = _mm256_mul_ps(inverse, value);  // 1 − value, with all its bits
  return {value, _mm256_mul_ps(_mm256_mul_ps(value, rest), du)};
}

// The gates. Beyond ±kLimit they are 0 or 1, to more than float32's bits; At is asked for x within.
struct Gelu {
  static constexpr float kLimit = 13.2f;
  // The normal distribution's Φ and its density φ. Φ(−a) is φ(a) · t · P(t) with t = 3 / (3 + a): P is fitted for a from 0
  // to 13.4, with a relative error of 4e-8.
  static INLINE Gate At(__m256 x) {
    constexpr float kTerms[] = {-0.0580557033f, 0.329570176f, -0.689496943f, 0.559382197f, -0.140816146f,
                                0.303464253f,   0.28108617f,  0.334916918f,  0.333263266f};
    const __m256 a = _mm256_andnot_ps(Constant(-0.0f), x);
    const __m256 density =
        _mm256_mul_ps(Exp(_mm256_mul_ps(_mm256_mul_ps(x, x), Constant(-0.5f))), Constant(0.398942280f));
    const __m256 t = _mm256_div_ps(Constant(3), _mm256_add_ps(Constant(3), a));
    const __m256 tail = _mm256_mul_ps(_mm256_mul_ps(density, t), Polynomial(t, kTerms));
    return {_mm256_blendv_ps(_mm256_sub_ps(Constant(1), tail), tail, x), density};
  }
};

struct GeluTanh {
  static constexpr float kLimit = 10;
  // (1 + tanh u) / 2 is the sigmoid of 2 u.
  static INLINE Gate At(__m256 x) {
    constexpr float kScale = 1.59576912f, kCube = 0.044715f;  // 2 √(2 / π)
    const __m256 square = _mm256_mul_ps(x, x);
    const __m256 u = _mm256_mul_ps(x, _mm256_fmadd_ps(square, Constant(kScale * kCube), Constant(kScale)));
    return Sigmoid(u, _mm256_fmadd_ps(square, Constant(3 * kScale * kCube), Constant(kScale)));
  }
};

struct QuickGelu {
  static constexpr float kLimit = 51;
  static INLINE Gate At(__m256 x) { return Sigmoid(_mm256_mul_ps(x, Constant(1.702f)), Constant(1.702f)); }
};

struct Silu {
  static constexpr float kLimit = 87;
  static INLINE Gate At(__m256 x) { return Sigmoid(x, Constant(1)); }
};

// x · g(x). Bounds come first: of two numbers of which one is none, the second is the result.
template <typename Function>
INLINE __m256 Value(__m256 x) {
  const __m256 bounded = _mm256_max_ps(Constant(-Function::kLimit), x);
  return _mm256_mul_ps(bounded, Function::At(_mm256_min_ps(Constant(Function::kLimit), bounded)).value);
}

// g(x) + x · g′(x)
template <typename Function>
INLINE __m256 Slope(__m256 x) {
  const __m256 bounded = _mm256_min_ps(Constant(Function::kLimit), _mm256_max_ps(Constant(-Function::kLimit), x));
  const Gate gate = Function::At(bounded);
  return _mm256_fmadd_ps(bounded, gate.slope, gate.value);
}

template <typename Function>
struct Forward {
  static constexpr int kX = 0;
  static INLINE __m256 At(const float *, const float *x) { return Value<Function>(_mm256_loadu_ps(x)); }
};

template <typename Function>
struct Backward {
  static constexpr int kX = 1;
  static INLINE __m256 At(const float *dy, const float *x) {
    return _mm256_mul_ps(_mm256_loadu_ps(dy), Slope<Function>(_mm256_loadu_ps(x)));
  }
};

template <typename Pass>
AVX2 void Span(const float *dy, const float *x, float *result, int64_t count) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) _mm256_storeu_ps(result + i, Pass::At(dy + i, x + i));
  if (i == count) return;
  float rest[3][8] = {};
  std::copy(dy + i, dy + count, rest[0]);
  std::copy(x + i, x + count, rest[1]);
  _mm256_storeu_ps(rest[2], Pass::At(rest[0], rest[1]));
  std::copy(rest[2], rest[2] + (count - i), result + i);
}

template <typename Pass>
void Compute(void *, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  InPlace result(context, status.status);
  Input first(context, 0, status.status), x(context, Pass::kX, status.status);
  if (Failed(context, status.status)) return;
  if (first.Size() != x.Size()) return Fail(context, status.status, "The gradient is of another size than what it is for");
  constexpr int64_t kSpan = 1 << 14;  // that a thread takes at a time
  Spread(x.Size(), kSpan, kWorkOfPass, [&](int64_t at, int64_t end) {
    Span<Pass>(first.Data() + at, x.Data() + at, result.Data() + at, end - at);
  });
}

template <typename Function>
void Register(const char *name, const char *gradient, TF_Status *status) {
  DefineOp(name, {}, {"x: float"}, {"y: float"}, LikeInputs<0>, status);
  AddKernel(name, {Compute<Forward<Function>>}, status);
  DefineOp(gradient, {}, {"dy: float", "x: float"}, {"dx: float"}, LikeInputs<0>, status);
  AddKernel(gradient, {Compute<Backward<Function>>}, status);
}

}  // namespace

void RegisterActivations(TF_Status *status) {
  Register<Gelu>("Blip2Gelu", "Blip2GeluGrad", status);
  Register<GeluTanh>("Blip2GeluTanh", "Blip2GeluTanhGrad", status);
  Register<QuickGelu>("Blip2QuickGelu", "Blip2QuickGeluGrad", status);
  Register<Silu>("Blip2Silu", "Blip2SiluGrad", status);
}

}  // namespace tfnodejs
#endif
