// Threads for what this project computes itself: TensorFlow's C API lends none of its own.
#ifndef BLIP2_NATIVE_WORKERS_H_
#define BLIP2_NATIVE_WORKERS_H_

#include <cstdint>
#include <functional>

namespace tfnodejs {

// All cores, or TF_NUM_INTRAOP_THREADS.
int Threads();

// Runs body(0) … body(count − 1) on so many threads, this one among them, and returns
// when all are done. Callers at the same time take turns.
void InParallel(int64_t count, const std::function<void(int64_t)> &body);

}  // namespace tfnodejs

#endif  // BLIP2_NATIVE_WORKERS_H_
