// Blip2PutSlice: x with `slice`, which has one place along `axis`, at `position` (int32 scalar) of that axis; in x's memory
// where nobody else holds it. So a cache takes in what a token adds.
#include "kernels.h"

#if defined(__x86_64__)
#include <algorithm>
#include <cstring>

#include "spread.h"

namespace tfnodejs {
namespace {

constexpr char kAxis[] = "axis";

void *Create(TF_OpKernelConstruction *construction) {
  TF_AutoStatus status;
  auto *axis = new int64_t(0);
  TF_OpKernelConstruction_GetAttrInt64(construction, kAxis, axis, status.status);
  return axis;
}

void Destroy(void *axis) { delete static_cast<int64_t *>(axis); }

void Compute(void *attribute, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  InPlace y(context, status.status);
  Input slice(context, 1, status.status), position(context, 2, status.status);
  if (Failed(context, status.status)) return;
  const int64_t axis = *static_cast<int64_t *>(attribute);
  if (axis < 0 || axis >= y.Rank()) return Fail(context, status.status, "Blip2PutSlice: there is no such axis");
  std::vector<int64_t> sides = y.Sides();
  const int64_t places = sides[axis];
  sides[axis] = 1;
  if (slice.Sides() != sides) return Fail(context, status.status, "Blip2PutSlice: the slice does not fit");
  const int64_t at = position.Size() == 1 ? *position.Data<const int32_t>() : -1;
  if (at < 0 || at >= places) return Fail(context, status.status, "Blip2PutSlice: there is no such place");
  int64_t count = 1, inner = 1;
  for (int64_t i = 0; i < axis; ++i) count *= sides[i];
  for (int64_t i = axis + 1; i < y.Rank(); ++i) inner *= sides[i];
  const float *source = y.Source(), *from = slice.Data();
  float *to = y.Data();
  const int64_t size = places * inner;
  const int64_t together = std::max<int64_t>(1, (1 << 14) / std::max<int64_t>(1, size));
  const double work = source == to ? inner : static_cast<double>(size);
  Spread(count, together, work, [&](int64_t first, int64_t last) {
    if (source != to) std::memcpy(to + first * size, source + first * size, (last - first) * size * sizeof(float));
    for (int64_t i = first; i < last; ++i) std::memcpy(to + i * size + at * inner, from + i * inner, inner * sizeof(float));
  });
}

}  // namespace

void RegisterPutSlice(TF_Status *status) {
  const char *name = "Blip2PutSlice";
  DefineOp(name, {"axis: int"}, {"x: float", "slice: float", "position: int32"}, {"y: float"}, LikeInputs<0>, status);
  AddKernel(name, {Compute, Create, Destroy}, status);
}

}  // namespace tfnodejs
#endif
