// Blip2Attention: softmax(scale · q kᵀ + bias) v in float32, where neither gradients nor probabilities are wanted. Scores of
// a few query rows at a time stay in the cache; no head is moved in memory but for the packing of a product.
//
// B batch, H heads, S rows (of queries Sq, of keys and values Sk), d width of a head. Each of q, k and v comes as
// [B, H, S, d], or as rows that several maps share, heads side by side [B, S, maps, H, d]: q is the first map, v the last, k
// the one before it, so the three may be one tensor. bias broadcasts to [B, H, Sq, Sk], and has Sk columns or is a scalar, which
// would change nothing and is not read. Result [B, Sq, H, d].
#include "kernels.h"

#if defined(__x86_64__)
#include <algorithm>

#include "attention.h"
#include "processor.h"
#include "sixteen.h"
#include "spread.h"

namespace tfnodejs {
namespace {

// Query rows whose scores are in the cache at the same time, and about how many a thread takes at a time.
constexpr int64_t kBlock = 24, kPart = 256;

struct Heads {
  const float *data;
  int64_t B, S, H, d;
  int64_t batch, head, row;  // strides
};

enum Map { kQuery, kKey, kValue };

Heads HeadsOf(const Operand &x, Map map) {
  const auto side = [&](int i) { return x.Side(i); };
  if (x.Rank() == 4) {
    const int64_t head = side(2) * side(3);
    return {x.Data(), side(0), side(2), side(1), side(3), side(1) * head, head, side(3)};
  }
  const int64_t maps = side(2), width = side(3) * side(4);
  const int64_t at = map == kQuery ? 0 : map == kValue ? maps - 1 : std::max<int64_t>(0, maps - 2);
  return {x.Data() + at * width, side(0), side(1), side(3), side(4), side(1) * maps * width, side(4), maps * width};
}

// ---- products: the right matrix lies in panels of sixteen columns, the last of eight where that is enough ----

// R rows of a times a panel of 8 · W columns; all sums stay in registers, each in the order of `depth`.
template <int R, int W>
AVX2 void Tile(int64_t depth, const float *a, int64_t a_row, const float *panel, float *c, int64_t c_row) {
  __m256 sums[R][W] = {};
  for (int64_t k = 0; k < depth; ++k, panel += 8 * W) {
    __m256 columns[W];
    UNROLL for (int j = 0; j < W; ++j) columns[j] = _mm256_load_ps(panel + 8 * j);
    UNROLL for (int i = 0; i < R; ++i) {
      __m256 x = _mm256_broadcast_ss(a + i * a_row + k);
      UNROLL for (int j = 0; j < W; ++j) sums[i][j] = _mm256_fmadd_ps(x, columns[j], sums[i][j]);
    }
  }
  UNROLL for (int i = 0; i < R; ++i) {
    UNROLL for (int j = 0; j < W; ++j) _mm256_storeu_ps(c + i * c_row + 8 * j, sums[i][j]);
  }
}

// The same of sixteen columns in one register.
template <int R>
AVX512 void Tile512(int64_t depth, const float *a, int64_t a_row, const float *panel, float *c, int64_t c_row) {
  __m512 sums[R] = {};
  for (int64_t k = 0; k < depth; ++k, panel += 16) {
    const __m512 columns = _mm512_loadu_ps(panel);
    UNROLL for (int i = 0; i < R; ++i) sums[i] = _mm512_fmadd_ps(_mm512_set1_ps(a[i * a_row + k]), columns, sums[i]);
  }
  UNROLL for (int i = 0; i < R; ++i) _mm512_storeu_ps(c + i * c_row, sums[i]);
}

using TileFunction = void (*)(int64_t, const float *, int64_t, const float *, float *, int64_t);

// Tiles of R rows, then one of those that are left.
template <int R, typename TileOf>
void Rows(int64_t n, int64_t depth, const float *a, int64_t a_row, const float *panel, float *c, int64_t c_row) {
  for (; n >= R; n -= R, a += R * a_row, c += R * c_row) TileOf::template Of<R>(depth, a, a_row, panel, c, c_row);
  if constexpr (R > 1) {
    if (n > 0) Rows<R - 1, TileOf>(n, depth, a, a_row, panel, c, c_row);
  }
}

template <int W>
struct Avx2Tile {
  template <int R>
  static constexpr TileFunction Of = Tile<R, W>;
};
struct Avx512Tile {
  template <int R>
  static constexpr TileFunction Of = Tile512<R>;
};

// n rows of a times `columns` columns in panels; c has room for Padded(columns) in a row.
void Multiply(int64_t n, int64_t depth, const float *a, int64_t a_row, const float *panels, int64_t columns, float *c,
              int64_t c_row) {
  const auto rows = HasAvx512() ? Rows<12, Avx512Tile> : Rows<6, Avx2Tile<2>>;
  int64_t at = 0;
  for (; at + 8 < columns; at += 16) rows(n, depth, a, a_row, panels + at * depth, c + at, c_row);
  if (at < columns) Rows<6, Avx2Tile<1>>(n, depth, a, a_row, panels + at * depth, c + at, c_row);
}

// to[k][row] = rows[row][k], for eight by eight; rows of `to` are `width` apart.
inline AVX2 void ToColumns(const float *const (&rows)[8], int64_t k, float *to, int64_t width) {
  __m256 x[8];
  UNROLL for (int i = 0; i < 8; ++i) x[i] = _mm256_loadu_ps(rows[i] + k);
  Transpose(x);
  UNROLL for (int i = 0; i < 8; ++i) _mm256_store_ps(to + i * width, x[i]);
}

// A head's keys as columns. Those after the last are its copies: their scores are not read.
AVX2 void PackKeys(const Heads &keys, const float *head, float *panels) {
  const int64_t d = keys.d;
  for (int64_t at = 0; at < keys.S; at += 8) {
    const int64_t first = at / 16 * 16, width = first + 8 < keys.S ? 16 : 8;
    float *to = panels + first * d + (at - first);
    const float *rows[8];
    for (int i = 0; i < 8; ++i) rows[i] = head + std::min(at + i, keys.S - 1) * keys.row;
    int64_t k = 0;
    for (; k + 8 <= d; k += 8) ToColumns(rows, k, to + k * width, width);
    for (; k < d; ++k) {
      for (int i = 0; i < 8; ++i) to[k * width + i] = rows[i][k];
    }
  }
}

// A head's values, whose columns are its own; zeros after the last.
AVX2 void PackValues(const Heads &values, const float *head, float *panels) {
  const int64_t d = values.d;
  for (int64_t s = 0; s < values.S; ++s, head += values.row) {
    for (int64_t at = 0; at < d; at += 8) {
      const int64_t first = at / 16 * 16, width = first + 8 < d ? 16 : 8;
      float *to = panels + first * values.S + s * width + (at - first);
      _mm256_store_ps(to, at + 8 <= d ? _mm256_loadu_ps(head + at) : _mm256_maskload_ps(head + at, First(d - at)));
    }
  }
}

// to = factor · from, of `columns` numbers in each of n rows.
AVX2 void Scale(int64_t n, int64_t columns, const float *from, int64_t from_row, float *to, int64_t to_row,
                const float *factors, int64_t each) {
  for (int64_t i = 0; i < n; ++i, from += from_row, to += to_row, factors += each) {
    const __m256 factor = _mm256_set1_ps(*factors);
    int64_t j = 0;
    for (; j + 8 <= columns; j += 8) _mm256_storeu_ps(to + j, _mm256_mul_ps(factor, _mm256_loadu_ps(from + j)));
    for (; j < columns; ++j) to[j] = *factors * from[j];
  }
}

// ---- the operation ----

struct Attention {
  Heads q, k, v;
  const float *bias;  // or null
  BiasRows bias_rows;
  float scale;
  float *out;

  // Query rows `first` to `last` of a head.
  void Head(int64_t b, int64_t h, int64_t first, int64_t last) const {
    static thread_local Scratch scratch;
    const int64_t columns = Padded(k.S), width = Padded(q.d);
    float *keys = scratch.Floats(columns * k.d + width * v.S + kBlock * (columns + width));
    float *values = keys + columns * k.d, *scores = values + width * v.S;
    float *rows = scores + kBlock * columns;  // of queries, then of what they found
    PackKeys(k, k.data + b * k.batch + h * k.head, keys);
    PackValues(v, v.data + b * v.batch + h * v.head, values);
    const float *queries = q.data + b * q.batch + h * q.head;
    const int64_t row = (b * q.H + h) * q.S;
    for (int64_t at = first; at < last; at += kBlock) {
      const int64_t n = std::min(kBlock, last - at);
      Scale(n, q.d, queries + at * q.row, q.row, rows, width, &scale, 0);
      Multiply(n, k.d, rows, width, keys, k.S, scores, columns);
      float shares[kBlock];
      for (int64_t i = 0; i < n; ++i) {
        shares[i] = 1 / Exponentials(scores + i * columns, k.S, bias ? bias + bias_rows.Start(row + at + i) : nullptr);
      }
      Multiply(n, k.S, scores, columns, values, v.d, rows, width);
      Scale(n, q.d, rows, width, out + ((b * q.S + at) * q.H + h) * q.d, q.H * q.d, shares, 1);
    }
  }
};

void Compute(void *scale, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input query(context, 0, status.status), key(context, 1, status.status), value(context, 2, status.status);
  Input bias(context, 3, status.status);
  if (Failed(context, status.status)) return;
  for (const Input *x : {&query, &key, &value}) {
    if (x->Rank() != 4 && (x->Rank() != 5 || x->Side(2) == 0)) {
      return Fail(context, status.status, "Blip2Attention takes [B, H, S, d] or [B, S, maps, H, d]");
    }
  }
  Attention all = {HeadsOf(query, kQuery), HeadsOf(key, kKey), HeadsOf(value, kValue), bias.Rank() ? bias.Data() : nullptr};
  const Heads &q = all.q, &k = all.k, &v = all.v;
  const auto agree = [&](const Heads &x) { return x.B == q.B && x.H == q.H && x.d == q.d && x.S == k.S; };
  if (!agree(k) || !agree(v) || k.S == 0) {
    return Fail(context, status.status, "Blip2Attention: queries, keys and values do not belong together");
  }
  if (all.bias && !all.bias_rows.Fit({q.B, q.H, q.S, k.S}, bias)) {
    return Fail(context, status.status, "Blip2Attention: the bias does not broadcast");
  }
  Output out(context, 0, {q.B, q.S, q.H, q.d}, status.status);
  if (Failed(context, status.status)) return;
  all.scale = *static_cast<float *>(scale);
  all.out = out.Data();
  const int64_t parts = std::max<int64_t>(1, (q.S + kPart / 2) / kPart);
  const double work = static_cast<double>(q.S * k.S) * q.d / parts;
  Spread(q.B * q.H * parts, 1, work, [&](int64_t i, int64_t) {
    const int64_t head = i / parts, at = i % parts;
    all.Head(head / q.H, head % q.H, at * q.S / parts, (at + 1) * q.S / parts);
  });
}

constexpr char kScale[] = "scale";

// [B, H, Sq, d] or [B, Sq, maps, H, d] → [B, Sq, H, d]
void InferShape(TF_ShapeInferenceContext *context, TF_Status *status) {
  TF_ShapeHandle *query = TF_NewShapeHandle();
  TF_ShapeInferenceContextGetInput(context, 0, query, status);
  const bool is_apart = TF_ShapeInferenceContextRank(context, query) == 4;
  TF_DeleteShapeHandle(query);
  if (TF_GetCode(status) != TF_OK) return;
  if (is_apart) return InferSides(context, status, {0, 2, 1, 3});
  InferSides(context, status, {0, 1, 3, 4});
}

}  // namespace

void RegisterAttention(TF_Status *status) {
  const char *name = "Blip2Attention";
  DefineOp(name, {"scale: float"}, {"query: float", "key: float", "value: float", "bias: float"}, {"y: float"}, InferShape,
           status);
  AddKernel(name, {Compute, CreateNumber<kScale>, DestroyNumber}, status);
}

}  // namespace tfnodejs
#endif
