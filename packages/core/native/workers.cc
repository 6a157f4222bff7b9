#include "workers.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace tfnodejs {
namespace {

struct Job {
  const int64_t count;
  // Lives until the last part is done: who comes later finds none left, and does not touch it.
  const std::function<void(int64_t)> &body;
  std::atomic<int64_t> next{0}, done{0};
  Job(int64_t count, const std::function<void(int64_t)> &body) : count(count), body(body) {}
};

// Looks whether something has come to be, for about as long as it takes to fall asleep and be woken.
template <typename Condition>
bool Soon(const Condition &condition) {
  constexpr auto kPatience = std::chrono::microseconds(50);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  do {
    for (int i = 0; i < 16; ++i) {
      if (condition()) return true;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

// As TensorFlow's threads do: else a number's last bits would depend on which of them computed it.
void FlushSubnormal() {
#if defined(__x86_64__)
  constexpr unsigned kResultsAndOperands = 0x8040;
  __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | kResultsAndOperands);
#endif
}

class Workers {
 public:
  explicit Workers(int threads) {
    for (int i = 1; i < threads; ++i) {
      try {
        std::thread([this] { Wait(); }).detach();
      } catch (const std::system_error &) {
        break;  // No more to be had: fewer do.
      }
    }
  }

  void Run(int64_t count, const std::function<void(int64_t)> &body) {
    std::lock_guard<std::mutex> turn(turn_);
    auto job = std::make_shared<Job>(count, body);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      job_ = job;
      ++number_;
    }
    wake_.notify_all();
    Take(*job);
    if (Soon([&] { return job->done == count; })) return;
    std::unique_lock<std::mutex> lock(mutex_);
    finished_.wait(lock, [&] { return job->done == count; });
  }

 private:
  void Take(Job &job) {
    for (int64_t part; (part = job.next++) < job.count;) {
      job.body(part);
      if (++job.done == job.count) {
        std::lock_guard<std::mutex> lock(mutex_);
        finished_.notify_all();
      }
    }
  }

  void Wait() {
    FlushSubnormal();
    for (int64_t seen = 0;;) {
      std::shared_ptr<Job> job;
      Soon([&] { return number_ != seen; });
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return number_ != seen; });
        seen = number_;
        job = job_;
      }
      Take(*job);
    }
  }

  std::mutex turn_, mutex_;
  std::condition_variable wake_, finished_;
  std::shared_ptr<Job> job_;
  std::atomic<int64_t> number_{0};
};

}  // namespace

int Threads() {
  static const int threads = [] {
    const char *set = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int wanted = set ? std::atoi(set) : 0;
    return std::max(1, wanted > 0 ? wanted : static_cast<int>(std::thread::hardware_concurrency()));
  }();
  return threads;
}

void InParallel(int64_t count, const std::function<void(int64_t)> &body) {
  // Never deleted: its threads wait until the process ends.
  static auto *workers = new Workers(Threads());
  workers->Run(count, body);
}

}  // namespace tfnodejs
