// Work on all threads, where there is enough of it.
#ifndef BLIP2_NATIVE_SPREAD_H_
#define BLIP2_NATIVE_SPREAD_H_

#include <algorithm>
#include <cstdint>

#include "workers.h"

namespace tfnodejs {

// About what one of so many numbers takes, in multiply-adds: `work` of Spread.
constexpr double kWorkOfPass = 8;      // a pass over memory with some arithmetic
constexpr double kWorkOfSoftmax = 16;  // several, and an exponential

// body(first, last) for 0 … count − 1 in parts of `size`, last the one behind a part's end: on all threads, or by this one
// alone where that is done sooner than another wakes. work: multiply-adds (of float32, in vectors) that one of `count` takes.
template <typename Body>
void Spread(int64_t count, int64_t size, double work, const Body &body) {
  constexpr double kWorthThreads = 1 << 18;
  const auto part = [&](int64_t i) { body(i * size, std::min(count, (i + 1) * size)); };
  const int64_t parts = (count + size - 1) / size;
  if (parts > 1 && static_cast<double>(count) * work > kWorthThreads) return InParallel(parts, part);
  for (int64_t i = 0; i < parts; ++i) part(i);
}

}  // namespace tfnodejs

#endif  // BLIP2_NATIVE_SPREAD_H_
