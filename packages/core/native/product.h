// y = a b + bias, by the scheme of Goto and van de Geijn (2008): strips of b's columns pass by panels of a's rows, both copied
// before into the order in which they are read, in blocks that stay in the caches. An element's sum is in one order, whatever
// the number of threads and whatever rows are beside it.
//
// How a tile of the result is computed, and how both sides are laid out for it, is a processor's own: `Tiles`, of which there
// is one for each kind of unit (tiles*.h):
//   Number                    what a and b are copied as
//   kRows, kColumns           of a tile
//   kMultiple                 what is summed at a time: `depth` is filled up to it with zeros
//   kDepth                    of what is multiplied at a time, at most: results are written once for each part
//   kChain                    of what is summed one after the other, as far as it stays near
//   kStrips, kPanels          that a thread holds at a time in the second cache, at most
//   kPanel, kStrip            numbers of one, of kDepth: as many for each of these, and perhaps some behind them all
//   Begin(), End()            around what a thread multiplies
//   PackLeft, PackRight       panels of rows, strips of columns, of a part of what is summed
//   Multiply                  tile = a b, or tile + a b, of its first rows and columns
#ifndef BLIP2_NATIVE_PRODUCT_H_
#define BLIP2_NATIVE_PRODUCT_H_

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "spread.h"
#include "vectors.h"

namespace tfnodejs {

inline int64_t Parts(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

// The sums of a tile, which are kept here while other parts of what is summed have their turn.
template <typename Tiles>
struct alignas(64) Tile {
  float sums[Tiles::kRows][Tiles::kColumns];
};

// A matrix as it lies in memory: rows `stride` apart, those of what is summed if it is transposed.
template <typename Type>
struct Matrix {
  const typename Type::Stored *data;
  int64_t stride;
  bool is_across;  // its rows are what is summed

  // From this row or column of the result, and this number of what is summed.
  const typename Type::Stored *At(int64_t place, int64_t k) const {
    return is_across ? data + k * stride + place : data + place * stride + k;
  }
};

// Memory for panels of a, kept: new memory costs more than what is copied into it. In large pages, if there are any and it fills
// some, since panels are read beside results that lie a page apart.
template <typename Number>
class Panels {
 public:
  ~Panels() { std::free(data_); }
  // Room for so many numbers; null if there is none.
  Number *Get(size_t numbers) {
    if (numbers <= numbers_) return data_;
    std::free(data_);
    const size_t bytes = (numbers * sizeof(Number) + kPage - 1) / kPage * kPage;
    data_ = static_cast<Number *>(std::aligned_alloc(kPage, bytes));
    numbers_ = data_ ? numbers : 0;
#ifdef MADV_HUGEPAGE
    if (data_ && numbers * sizeof(Number) >= kMany) madvise(data_, bytes, MADV_HUGEPAGE);
#endif
    return data_;
  }

 private:
  static constexpr size_t kPage = 1 << 21, kMany = 2 * kPage;
  Number *data_ = nullptr;
  size_t numbers_ = 0;
};

// That of all threads, which take turns, and that of one.
template <typename Tiles>
auto &SharedBlock() {
  struct Block {
    std::mutex turn;
    Panels<typename Tiles::Number> panels;
  };
  static auto *block = new Block;  // never deleted: threads may be at work when the process ends
  return *block;
}
template <typename Tiles>
auto &OwnPanels() {
  static thread_local Panels<typename Tiles::Number> panels;
  return panels;
}

template <typename Tiles, typename Type>
class Product {
 public:
  // bias: null if there is none.
  Product(Matrix<Float32> a, Matrix<Type> b, const float *bias, float *y, int64_t M, int64_t N, int64_t K)
      : a_(a), b_(b), bias_(bias), y_(y), M_(M), N_(N), K_(K) {}

  // On all threads. False if there is no memory for a block.
  bool Compute() const {
    static auto &block = SharedBlock<Tiles>();
    std::lock_guard<std::mutex> lock(block.turn);
    auto *panels = block.panels.Get(kBlock / kRows * Tiles::kPanel);
    return ComputeBy(panels, Threads(), [](auto... arguments) { Spread(arguments...); });
  }

  // By this thread.
  bool ComputeAlone() const {
    auto *panels = OwnPanels<Tiles>().Get(Parts(std::min(kBlock, M_), kRows) * Tiles::kPanel);
    return ComputeBy(panels, 1, [](int64_t count, int64_t size, double, const auto &body) {
      for (int64_t first = 0; first < count; first += size) body(first, std::min(count, first + size));
    });
  }

 private:
  using Number = typename Tiles::Number;
  static constexpr int64_t kRows = Tiles::kRows, kColumns = Tiles::kColumns;
  static constexpr int64_t kBlock = 2064 / kRows * kRows;  // rows of a that are held at a time: up to 12 MiB in the last cache
  static constexpr int64_t kDepths = std::max<int64_t>(8, Tiles::kMultiple);

  const Matrix<Float32> a_;
  const Matrix<Type> b_;
  const float *bias_;
  float *y_;
  const int64_t M_, N_, K_;

  // spread: as Spread, over so many threads.
  template <typename Over>
  bool ComputeBy(Number *panels, int threads, const Over &spread) const {
    if (M_ == 0 || K_ == 0) return Fill();
    if (!panels) return false;
    // In equal parts: a short last one would be slower.
    const int64_t depth = Parts(Parts(K_, Parts(K_, Tiles::kDepth)), kDepths) * kDepths;
    // Strips that one takes at a time: some for each thread, which are not equally fast, but two beside a panel at least.
    const int64_t share = threads == 1 ? Tiles::kStrips : Parts(N_, kColumns) / (3 * threads);
    const int64_t width = std::clamp<int64_t>(share, 2, Tiles::kStrips) * kColumns;
    for (int64_t row = 0; row < M_; row += kBlock) {
      const int64_t rows = std::min(kBlock, M_ - row);
      for (int64_t k = 0; k < K_; k += depth) Multiply(row, rows, k, std::min(depth, K_ - k), width, panels, spread);
    }
    return true;
  }

  // Of nothing.
  bool Fill() const {
    for (int64_t i = 0; i < M_ * N_; ++i) y_[i] = bias_ ? bias_[i % N_] : 0;
    return true;
  }

  // Rows row … row + rows − 1 of y, with columns k … k + depth − 1 of a.
  template <typename Over>
  void Multiply(int64_t row, int64_t rows, int64_t k, int64_t depth, int64_t width, Number *panels, const Over &spread) const {
    constexpr int64_t kTogether = std::max<int64_t>(1, 96 / kRows) * kRows;  // that one thread takes at a time
    // With the work that follows, for which all threads are about to be needed.
    spread(rows, kTogether, static_cast<double>(N_ * depth), [&](int64_t first, int64_t last) {
      Number *to = panels + first / kRows * Tiles::kPanel;
      Tiles::PackLeft(a_, row + first, last - first, k, depth, to);
    });
    spread(N_, width, static_cast<double>(rows * depth), [&](int64_t first, int64_t last) {
      Columns(row, rows, k, depth, panels, first, last);
    });
  }

  // Columns first … last − 1 of these rows.
  void Columns(int64_t row, int64_t rows, int64_t k, int64_t depth, const Number *panels, int64_t first, int64_t last) const {
    alignas(64) Number strips[Tiles::kStrips * Tiles::kStrip];
    static_assert(sizeof(strips) <= 1 << 20, "a thread's stack has 2 MiB at least");
    Tiles::PackRight(b_, first, last - first, k, depth, strips);
    Tiles::Begin();
    for (int64_t top = 0; top < rows; top += Tiles::kPanels * kRows) {
      const int64_t height = std::min(Tiles::kPanels * kRows, rows - top);
      const Number *left = panels + top / kRows * Tiles::kPanel, *strip = strips;
      for (int64_t column = first; column < last; column += kColumns, strip += Tiles::kStrip) {
        Strip(row + top, height, column, std::min(kColumns, N_ - column), k, depth, left, strip);
      }
    }
    Tiles::End();
  }

  // A strip beside some panels: its parts pass by all of them.
  void Strip(int64_t row, int64_t rows, int64_t column, int64_t columns, int64_t k, int64_t depth, const Number *left,
             const Number *strip) const {
    Tile<Tiles> tiles[Tiles::kPanels];
    const int64_t count = Parts(rows, kRows);
    for (int64_t part = 0; part < depth; part += Tiles::kChain) {
      const int64_t length = std::min(Tiles::kChain, depth - part);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t height = std::min(kRows, rows - i * kRows);
        if (part + length == depth) Expect(row + i * kRows, height, column);
        const Number *a = left + i * Tiles::kPanel + part * (Tiles::kPanel / Tiles::kDepth);
        const Number *b = strip + part * (Tiles::kStrip / Tiles::kDepth);
        Tiles::Multiply(length, a, b, height, columns, tiles[i], part == 0);
        if (part + length == depth) Write(tiles[i], row + i * kRows, height, column, columns, k == 0);
      }
    }
  }

  // That they are about to be written.
  void Expect(int64_t row, int64_t rows, int64_t column) const {
    for (int64_t i = 0; i < rows; ++i) {
      UNROLL for (int64_t j = 0; j < kColumns; j += 16) __builtin_prefetch(y_ + (row + i) * N_ + column + j, 1);
    }
  }

  // What was there is added, or the bias.
  AVX2 void Write(const Tile<Tiles> &tile, int64_t row, int64_t rows, int64_t column, int64_t columns, bool is_first) const {
    for (int64_t i = 0; i < rows; ++i) {
      const float *sums = tile.sums[i];
      float *y = y_ + (row + i) * N_ + column;
      const float *addend = !is_first ? y : bias_ ? bias_ + column : nullptr;
      int64_t j = 0;
      for (; j + 8 <= columns; j += 8) {
        const __m256 sum = _mm256_load_ps(sums + j);
        _mm256_storeu_ps(y + j, addend ? _mm256_add_ps(sum, _mm256_loadu_ps(addend + j)) : sum);
      }
      for (; j < columns; ++j) y[j] = addend ? sums[j] + addend[j] : sums[j];
    }
  }
};

}  // namespace tfnodejs

#endif  // BLIP2_NATIVE_PRODUCT_H_
