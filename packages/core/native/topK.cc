// Blip2TopK: the k largest of each row of x [N, C], the largest first and of equal ones the first, and where they are. Eight are
// looked at at a time, and all but a few are no larger than the least of the k largest so far. A row with something that is no
// number has no order: its k are no numbers either, at place 0. k is the size of a second input, of which nothing else is
// looked at: what infers shapes sees no attribute that is a number.
#include "kernels.h"

#if defined(__x86_64__)
#include <algorithm>
#include <limits>

#include "spread.h"

namespace tfnodejs {
namespace {

class Largest {
 public:
  Largest(int64_t k, float *values, int32_t *places) : k_(k), values_(values), places_(places) {}

  // Of a row of at least k.
  AVX2 void Take(const float *x, int64_t size) {
    bool is_number = true;
    int64_t i = 0;
    for (; i < k_; ++i) {
      is_number &= x[i] == x[i];
      Insert(x[i], i, i);
    }
    __m256 strange = _mm256_setzero_ps();
    for (; i + 8 <= size; i += 8) {
      const __m256 eight = _mm256_loadu_ps(x + i);
      strange = _mm256_or_ps(strange, _mm256_cmp_ps(eight, eight, _CMP_UNORD_Q));
      int larger = _mm256_movemask_ps(_mm256_cmp_ps(eight, _mm256_set1_ps(values_[k_ - 1]), _CMP_GT_OQ));
      for (; larger; larger &= larger - 1) TakeOne(x, i + __builtin_ctz(larger));
    }
    for (; i < size; ++i) {
      is_number &= x[i] == x[i];
      TakeOne(x, i);
    }
    if (is_number && !_mm256_movemask_ps(strange)) return;
    std::fill(values_, values_ + k_, std::numeric_limits<float>::quiet_NaN());
    std::fill(places_, places_ + k_, 0);
  }

 private:
  const int64_t k_;
  float *values_;
  int32_t *places_;

  // Behind those that came before and are not smaller, with `held` of them in their order.
  void Insert(float value, int64_t place, int64_t held) {
    int64_t at = held;
    for (; at > 0 && values_[at - 1] < value; --at) {
      values_[at] = values_[at - 1];
      places_[at] = places_[at - 1];
    }
    values_[at] = value;
    places_[at] = static_cast<int32_t>(place);
  }

  void TakeOne(const float *x, int64_t place) {
    if (x[place] > values_[k_ - 1]) Insert(x[place], place, k_ - 1);
  }
};

void Compute(void *, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input x(context, 0, status.status), room(context, 1, status.status);
  if (Failed(context, status.status)) return;
  const int64_t k = room.Size();
  if (x.Rank() != 2 || k < 1 || k > x.Side(1)) return Fail(context, status.status, "Blip2TopK takes rows of at least k numbers");
  const int64_t rows = x.Side(0), columns = x.Side(1);
  Output values(context, 0, {rows, k}, status.status);
  Output places(context, 1, {rows, k}, status.status, TF_INT32);
  if (Failed(context, status.status)) return;
  const float *from = x.Data();
  Spread(rows, 1, static_cast<double>(columns), [&](int64_t row, int64_t) {
    Largest(k, values.Data() + row * k, places.Data<int32_t>() + row * k).Take(from + row * columns, columns);
  });
}

// [N, C], [k] → [N, k] twice
void InferShapes(TF_ShapeInferenceContext *context, TF_Status *status) {
  TF_ShapeHandle *x = TF_NewShapeHandle(), *room = TF_NewShapeHandle();
  TF_ShapeInferenceContextGetInput(context, 0, x, status);
  TF_ShapeInferenceContextGetInput(context, 1, room, status);
  TF_ShapeInferenceContextSubshape(context, x, 0, 1, x, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextConcatenateShapes(context, x, room, x, status);
  for (int output : {0, 1}) {
    if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, output, x, status);
  }
  TF_DeleteShapeHandle(x);
  TF_DeleteShapeHandle(room);
}

}  // namespace

void RegisterTopK(TF_Status *status) {
  DefineOp("Blip2TopK", {}, {"x: float", "room: float"}, {"values: float", "places: int32"}, InferShapes, status);
  AddKernel("Blip2TopK", {Compute}, status);
}

}  // namespace tfnodejs
#endif
