// Blip2Softmax: softmax(scale · scores + bias) over the last axis in one pass over memory, and Blip2SoftmaxGrad, the gradient of
// the scores, in one more. A row stays in the first cache between its maximum, its sum and its division.
#include "kernels.h"

#if defined(__x86_64__)
#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "workers.h"

namespace tfnodejs {
namespace {

inline AVX2 float Max(__m256 v) {
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

// eˣ of numbers up to 0, to two units in the last place (Cephes' expf); 0 where it would be no normal number.
inline AVX2 __m256 Exp(__m256 x) {
  const __m256 isNormal = _mm256_cmp_ps(x, _mm256_set1_ps(-87.33654f), _CMP_NLT_UQ);  // and NaN, which stays NaN
  const __m256i power = _mm256_cvtps_epi32(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)));
  const __m256 n = _mm256_cvtepi32_ps(power);
  const __m256 r = _mm256_fmadd_ps(n, _mm256_set1_ps(2.12194440e-4f), _mm256_fmadd_ps(n, _mm256_set1_ps(-0.693359375f), x));
  __m256 y = _mm256_set1_ps(1.9875691500e-4f);
  for (float c : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f}) {
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(c));
  }
  y = _mm256_add_ps(_mm256_fmadd_ps(_mm256_mul_ps(r, r), y, r), _mm256_set1_ps(1));
  y = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(y), _mm256_slli_epi32(power, 23)));
  return _mm256_and_ps(y, isNormal);
}

// The first `count` of eight lanes, all from 8 on.
inline AVX2 __m256i First(int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(std::min<int64_t>(count, 8))),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// One row; without a bias, `bias` is null. x may be y.
AVX2 void Row(const float *x, const float *bias, float scale, float *y, int64_t size) {
  const __m256 scales = _mm256_set1_ps(scale), lowest = _mm256_set1_ps(-INFINITY);
  __m256 greatest = lowest;
  for (int64_t i = 0; i < size; i += 8) {
    const __m256i lanes = First(size - i);
    const __m256 added = bias ? _mm256_maskload_ps(bias + i, lanes) : _mm256_setzero_ps();
    const __m256 score = _mm256_fmadd_ps(_mm256_maskload_ps(x + i, lanes), scales, added);
    _mm256_maskstore_ps(y + i, lanes, score);
    greatest = _mm256_max_ps(greatest, _mm256_blendv_ps(lowest, score, _mm256_castsi256_ps(lanes)));
  }
  const __m256 shift = _mm256_set1_ps(Max(greatest));
  __m256 sum = _mm256_setzero_ps();
  for (int64_t i = 0; i < size; i += 8) {
    const __m256i lanes = First(size - i);
    const __m256 part = Exp(_mm256_sub_ps(_mm256_maskload_ps(y + i, lanes), shift));
    _mm256_maskstore_ps(y + i, lanes, part);
    sum = _mm256_add_ps(sum, _mm256_and_ps(part, _mm256_castsi256_ps(lanes)));
  }
  const __m256 factor = _mm256_set1_ps(1 / Sum(sum));
  for (int64_t i = 0; i < size; i += 8) {
    const __m256i lanes = First(size - i);
    _mm256_maskstore_ps(y + i, lanes, _mm256_mul_ps(_mm256_maskload_ps(y + i, lanes), factor));
  }
}

// The gradient of a row's scores: scale · p (dy − Σ dy p). dy may be dx.
AVX2 void RowGrad(const float *dy, const float *p, float scale, float *dx, int64_t size) {
  __m256 sum = _mm256_setzero_ps();
  for (int64_t i = 0; i < size; i += 8) {
    const __m256i lanes = First(size - i);
    sum = _mm256_fmadd_ps(_mm256_maskload_ps(dy + i, lanes), _mm256_maskload_ps(p + i, lanes), sum);
  }
  const __m256 mean = _mm256_set1_ps(Sum(sum)), scales = _mm256_set1_ps(scale);
  for (int64_t i = 0; i < size; i += 8) {
    const __m256i lanes = First(size - i);
    const __m256 share = _mm256_mul_ps(_mm256_maskload_ps(p + i, lanes), scales);
    const __m256 apart = _mm256_sub_ps(_mm256_maskload_ps(dy + i, lanes), mean);
    _mm256_maskstore_ps(dx + i, lanes, _mm256_mul_ps(apart, share));
  }
}

// body(row) for each row of `width` numbers, in blocks on all threads.
void EachRow(int64_t rows, int64_t width, const std::function<void(int64_t)> &body) {
  const int64_t block = std::max<int64_t>(1, (1 << 13) / width);
  const auto run = [&](int64_t number) {
    for (int64_t row = number * block; row < std::min(rows, (number + 1) * block); ++row) body(row);
  };
  const int64_t blocks = (rows + block - 1) / block;
  if (blocks < 3) {  // less work than waking a thread
    for (int64_t i = 0; i < blocks; ++i) run(i);
  } else {
    InParallel(blocks, run);
  }
}

void *Create(TF_OpKernelConstruction *construction) {
  TF_AutoStatus status;
  auto *scale = new float(1);
  TF_OpKernelConstruction_GetAttrFloat(construction, "scale", scale, status.status);
  return scale;
}

void Delete(void *scale) { delete static_cast<float *>(scale); }

// Where each row's bias begins, in numbers: sides of 1 are the same for all.
struct BiasRows {
  std::vector<int64_t> sides, steps;  // of all axes but the last, the last of them first

  // False if the bias does not broadcast to x, or has another last side.
  bool Fit(const Operand &x, const Operand &bias) {
    const int missing = x.Rank() - bias.Rank();
    if (missing < 0 || bias.Rank() < 1 || bias.Side(bias.Rank() - 1) != x.Side(x.Rank() - 1)) return false;
    int64_t step = x.Side(x.Rank() - 1);
    for (int axis = x.Rank() - 2; axis >= 0; --axis) {
      const int64_t side = axis < missing ? 1 : bias.Side(axis - missing);
      if (side != 1 && side != x.Side(axis)) return false;
      sides.push_back(x.Side(axis));
      steps.push_back(side == 1 ? 0 : step);
      step *= side;
    }
    return true;
  }

  int64_t Start(int64_t row) const {
    int64_t start = 0;
    for (size_t i = 0; i < sides.size(); row /= sides[i++]) start += row % sides[i] * steps[i];
    return start;
  }
};

void Compute(void *scale, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input bias(context, 1, status.status);
  InPlace y(context, status.status);
  if (TF_GetCode(status.status) != TF_OK) return TF_OpKernelContext_Failure(context, status.status);
  const bool hasBias = bias.Rank() > 0;
  BiasRows rows;
  if (y.Rank() < 1 || (hasBias && !rows.Fit(y, bias))) {
    return Fail(context, status.status, "Blip2Softmax: the bias does not broadcast to the scores");
  }
  if (y.Size() == 0) return;
  const int64_t width = y.Side(y.Rank() - 1);
  const float factor = *static_cast<const float *>(scale);
  const float *x = y.Source(), *biases = bias.Data();
  float *to = y.Data();
  EachRow(y.Size() / width, width, [&](int64_t row) {
    Row(x + row * width, hasBias ? biases + rows.Start(row) : nullptr, factor, to + row * width, width);
  });
}

void ComputeGrad(void *scale, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input p(context, 1, status.status);
  InPlace dx(context, status.status);
  if (TF_GetCode(status.status) != TF_OK) return TF_OpKernelContext_Failure(context, status.status);
  if (dx.Rank() < 1 || dx.Size() != p.Size()) {
    return Fail(context, status.status, "Blip2SoftmaxGrad takes a gradient and probabilities of one shape");
  }
  if (dx.Size() == 0) return;
  const int64_t width = dx.Side(dx.Rank() - 1);
  const float factor = *static_cast<const float *>(scale);
  const float *dy = dx.Source(), *shares = p.Data();
  float *to = dx.Data();
  EachRow(dx.Size() / width, width, [&](int64_t row) {
    RowGrad(dy + row * width, shares + row * width, factor, to + row * width, width);
  });
}

}  // namespace

void RegisterSoftmax(TF_Status *status) {
  DefineOp("Blip2Softmax", {"scale: float"}, {"scores: float", "bias: float"}, {"p: float"}, LikeInputs<0>, status);
  AddKernel("Blip2Softmax", {Compute, Create, Delete}, status);
  DefineOp("Blip2SoftmaxGrad", {"scale: float"}, {"dy: float", "p: float"}, {"dx: float"}, LikeInputs<0>, status);
  AddKernel("Blip2SoftmaxGrad", {ComputeGrad, Create, Delete}, status);
}

}  // namespace tfnodejs
#endif
