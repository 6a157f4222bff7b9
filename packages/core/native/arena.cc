// TensorFlow's memory on the CPU, in place of oneDNN's allocator, which takes regions of twice the size of the last and lets a
// block take up to twice what was asked for. Large blocks lie in one stretch of addresses, each in the smallest free place that
// holds it, and take that much. Pages that were once in use stay: to clear new ones at every step would cost a tenth of it.
// Only with the C++ library and strings of TensorFlow's own classes.
#include <string>
#if defined(__linux__) && defined(__GLIBCXX__) && _GLIBCXX_USE_CXX11_ABI
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include "tensorflow/c/c_api.h"

// What of TensorFlow's allocator.h and allocator_registry.h is needed: headers that they include are not at hand. Functions
// that are not defined here are its libraries' own.
namespace tsl {

struct AllocationAttributes;
struct AllocatorStats;
class SubAllocator;

class Allocator {
 public:
  virtual ~Allocator();
  virtual std::string Name() = 0;
  virtual void *AllocateRaw(size_t alignment, size_t bytes) = 0;
  virtual void *AllocateRaw(size_t alignment, size_t bytes, const AllocationAttributes &attributes);
  virtual void DeallocateRaw(void *block) = 0;
  virtual void DeallocateRaw(void *block, size_t alignment, size_t bytes);
  virtual bool TracksAllocationSizes() const;
  virtual bool AllocatesOpaqueHandle() const;
  virtual size_t RequestedSize(const void *block) const;
  virtual size_t AllocatedSize(const void *block) const;
  virtual int64_t AllocationId(const void *block) const;
  virtual size_t AllocatedSizeSlow(const void *block) const;
  virtual AllocatorStats GetStats();  // an optional one, in truth: never called from here
  virtual bool ClearStats();
  virtual void SetSafeFrontier(uint64_t count);
  virtual void SetStreamAndPreallocateMemory(void *stream);
  virtual int GetMemoryType() const;  // an enumeration, in truth
};

class AllocatorFactory {
 public:
  virtual ~AllocatorFactory() {}
  virtual bool NumaEnabled() { return false; }
  virtual Allocator *CreateAllocator() = 0;
  virtual SubAllocator *CreateSubAllocator(int node) = 0;
};

class AllocatorFactoryRegistry {
 public:
  void Register(const char *file, int line, const std::string &name, int priority, AllocatorFactory *factory);
  static AllocatorFactoryRegistry *singleton();
};

}  // namespace tsl

namespace tfnodejs {
namespace {

constexpr size_t kGrain = 1 << 14;      // Sizes of blocks are multiples of it.
constexpr size_t kLarge = 1 << 16;      // Smaller blocks are malloc's.
constexpr size_t kAlignment = 1 << 12;  // Of any block in the stretch: a page's.

// Blocks and free places, counted in grains from the start of the stretch.
class Arena {
 public:
  Arena() {
    const size_t grains = 2 * static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE) / kGrain;
    void *start = mmap(nullptr, grains * kGrain, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) return;  // Addresses are limited: malloc has all of it then.
    start_ = static_cast<char *>(start);
    grains_ = grains;
    Add(0, grains);
  }

  bool Has(const void *block) const { return block >= start_ && block < start_ + grains_ * kGrain; }

  // Null where there is no room.
  void *Take(size_t bytes) {
    if (bytes > grains_ * kGrain / 2) return nullptr;  // More than the machine has: malloc says so.
    const size_t count = (bytes + kGrain - 1) / kGrain;
    std::lock_guard<std::mutex> lock(mutex_);
    const auto best = bySize_.lower_bound({count, 0});
    if (best == bySize_.end()) return nullptr;
    const auto [size, at] = *best;
    Remove(at, size);
    if (size > count) Add(at + count, size - count);
    blocks_[at] = count;
    return start_ + at * kGrain;
  }

  void Free(const void *block) {
    std::lock_guard<std::mutex> lock(mutex_);
    size_t at = (static_cast<const char *>(block) - start_) / kGrain;
    const auto known = blocks_.find(at);
    size_t count = known->second;
    blocks_.erase(known);
    auto neighbour = free_.lower_bound(at);
    if (neighbour != free_.end() && neighbour->first == at + count) {
      count += neighbour->second;
      Remove(neighbour->first, neighbour->second);
      neighbour = free_.lower_bound(at);
    }
    if (neighbour != free_.begin() && (--neighbour)->first + neighbour->second == at) {
      const auto [before, size] = *neighbour;
      Remove(before, size);
      at = before;
      count += size;
    }
    Add(at, count);
  }

 private:
  void Add(size_t at, size_t count) {
    free_[at] = count;
    bySize_.insert({count, at});
  }

  void Remove(size_t at, size_t count) {
    free_.erase(at);
    bySize_.erase({count, at});
  }

  std::mutex mutex_;
  char *start_ = nullptr;
  size_t grains_ = 0;
  std::map<size_t, size_t> free_;
  std::set<std::pair<size_t, size_t>> bySize_;
  std::unordered_map<size_t, size_t> blocks_;
};

class ArenaAllocator final : public tsl::Allocator {
 public:
  std::string Name() override { return "blip2"; }

  void *AllocateRaw(size_t alignment, size_t bytes) override {
    if (bytes >= kLarge && alignment <= kAlignment) {
      if (void *block = arena_.Take(bytes)) return block;
    }
    void *block = nullptr;
    return posix_memalign(&block, std::max(alignment, sizeof(void *)), bytes) == 0 ? block : nullptr;
  }

  void DeallocateRaw(void *block) override {
    if (arena_.Has(block)) {
      arena_.Free(block);
    } else {
      free(block);
    }
  }

 private:
  Arena arena_;
};

class ArenaFactory final : public tsl::AllocatorFactory {
 public:
  tsl::Allocator *CreateAllocator() override { return new ArenaAllocator; }
  // Nothing in TensorFlow asks for it on a CPU.
  tsl::SubAllocator *CreateSubAllocator(int) override { return nullptr; }
};

// Above oneDNN's 200. Now, while the module is loaded: after the first tensor TensorFlow would end the process. Not with
// another TensorFlow than the one whose classes these are.
const bool registered = [] {
  constexpr int kPriority = 300;
  constexpr char kVersion[] = "2.21.";
  if (std::strncmp(TF_Version(), kVersion, sizeof(kVersion) - 1) != 0) return false;
  tsl::AllocatorFactoryRegistry::singleton()->Register(__FILE__, __LINE__, "Blip2Arena", kPriority, new ArenaFactory);
  return true;
}();

}  // namespace
}  // namespace tfnodejs
#endif
