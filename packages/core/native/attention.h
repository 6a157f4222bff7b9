// What attention computes with, of many rows (attention.cc) and of one at a time (incrementalAttention.cc).
#ifndef BLIP2_NATIVE_ATTENTION_H_
#define BLIP2_NATIVE_ATTENTION_H_

#include <cmath>
#include <cstdlib>
#include <initializer_list>

#include "kernels.h"
#include "vectors.h"

namespace tfnodejs {

constexpr int64_t Padded(int64_t columns) { return (columns + 7) / 8 * 8; }

// In place of n scores, with room for Padded(n): the exponentials of what they are above the greatest. Returns their sum.
inline AVX2 float Exponentials(float *scores, int64_t n, const float *bias) {
  const int64_t whole = n / 8 * 8;
  const __m256i rest = First(n - whole);
  const __m256 none = _mm256_set1_ps(-INFINITY);
  __m256 greatest = none;
  for (int64_t i = 0; i < whole; i += 8) {
    __m256 score = _mm256_load_ps(scores + i);
    if (bias) _mm256_store_ps(scores + i, score = _mm256_add_ps(score, _mm256_loadu_ps(bias + i)));
    greatest = _mm256_max_ps(score, greatest);
  }
  if (whole < n) {
    __m256 score = _mm256_load_ps(scores + whole);
    if (bias) score = _mm256_add_ps(score, _mm256_maskload_ps(bias + whole, rest));
    _mm256_store_ps(scores + whole, score = _mm256_blendv_ps(none, score, _mm256_castsi256_ps(rest)));
    greatest = _mm256_max_ps(score, greatest);
  }
  greatest = _mm256_set1_ps(Greatest(greatest));
  __m256 sum = _mm256_setzero_ps();
  for (int64_t i = 0; i < n; i += 8) {
    const __m256 e = Exp(_mm256_sub_ps(_mm256_load_ps(scores + i), greatest));
    sum = _mm256_add_ps(sum, e);
    _mm256_store_ps(scores + i, e);
  }
  return Sum(sum);
}

// A thread's memory, which grows to what its largest head takes, and stays.
class Scratch {
 public:
  float *Floats(int64_t count) {
    if (count > count_) {
      std::free(data_);
      data_ = static_cast<float *>(std::aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64));
      count_ = count;
    }
    return data_;
  }
  ~Scratch() { std::free(data_); }

 private:
  float *data_ = nullptr;
  int64_t count_ = 0;
};

// The result's sides are these of the first input's, the queries.
inline void InferSides(TF_ShapeInferenceContext *context, TF_Status *status, std::initializer_list<int64_t> sides) {
  TF_ShapeHandle *query = TF_NewShapeHandle(), *result = TF_NewShapeHandle(), *next = TF_NewShapeHandle();
  TF_ShapeInferenceContextGetInput(context, 0, query, status);
  bool is_first = true;
  for (int64_t side : sides) {
    TF_ShapeHandle *to = is_first ? result : next;
    if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSubshape(context, query, side, side + 1, to, status);
    if (!is_first && TF_GetCode(status) == TF_OK) {
      TF_ShapeInferenceContextConcatenateShapes(context, result, next, result, status);
    }
    is_first = false;
  }
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, 0, result, status);
  for (TF_ShapeHandle *handle : {query, result, next}) TF_DeleteShapeHandle(handle);
}

}  // namespace tfnodejs

#endif  // BLIP2_NATIVE_ATTENTION_H_
