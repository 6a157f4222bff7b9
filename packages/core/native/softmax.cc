// Softmax over the last axis, in one pass over memory: Blip2Softmax(scale · scores + bias), of which a row stays in the first
// cache between its maximum, its sum and its division; and Blip2SoftmaxGrad, the gradient of the scores. Of rows as long as a
// vocabulary: Blip2CrossEntropy of class indices, which gives no more than numbers for each row, Blip2CrossEntropyGrad, the
// gradient of its logits, and Blip2LogSoftmax.
#include "kernels.h"

#if defined(__x86_64__)
#include <algorithm>
#include <cmath>

#include "spread.h"

namespace tfnodejs {
namespace {

// The last numbers of a row, fewer than eight, with others after them. (With masked stores all of it took Zen 3 twice as
// long.)
struct Rest {
  alignas(32) float numbers[8];
  AVX2 Rest(const float *p, int64_t count, float other) {
    for (int64_t i = 0; i < 8; ++i) numbers[i] = i < count ? p[i] : other;
  }
  explicit AVX2 Rest(__m256 eight) { _mm256_store_ps(numbers, eight); }
  AVX2 __m256 Eight() const { return _mm256_load_ps(numbers); }
  void Store(float *p, int64_t count) const { std::copy(numbers, numbers + count, p); }
};

// One row; without a bias, `bias` is null. x may be y.
AVX2 void Row(const float *x, const float *bias, float scale, float *y, int64_t size) {
  const int64_t whole = size / 8 * 8, rest = size - whole;
  const __m256 scales = _mm256_set1_ps(scale);
  __m256 greatest = _mm256_set1_ps(-INFINITY), last = greatest;
  for (int64_t i = 0; i < whole; i += 8) {
    const __m256 added = bias ? _mm256_loadu_ps(bias + i) : _mm256_setzero_ps();
    const __m256 score = _mm256_fmadd_ps(_mm256_loadu_ps(x + i), scales, added);
    _mm256_storeu_ps(y + i, score);
    greatest = _mm256_max_ps(greatest, score);
  }
  if (rest) {
    const __m256 added = bias ? Rest(bias + whole, rest, 0).Eight() : _mm256_setzero_ps();
    const __m256 score = _mm256_fmadd_ps(Rest(x + whole, rest, 0).Eight(), scales, added);
    last = _mm256_blendv_ps(last, score, _mm256_castsi256_ps(First(rest)));
    greatest = _mm256_max_ps(greatest, last);
  }
  const __m256 shift = _mm256_set1_ps(Greatest(greatest));
  __m256 sum = _mm256_setzero_ps();
  for (int64_t i = 0; i < whole; i += 8) {
    const __m256 part = Exp(_mm256_sub_ps(_mm256_loadu_ps(y + i), shift));
    _mm256_storeu_ps(y + i, part);
    sum = _mm256_add_ps(sum, part);
  }
  if (rest) {
    last = _mm256_and_ps(Exp(_mm256_sub_ps(last, shift)), _mm256_castsi256_ps(First(rest)));
    sum = _mm256_add_ps(sum, last);
  }
  const __m256 factor = _mm256_set1_ps(1 / Sum(sum));
  for (int64_t i = 0; i < whole; i += 8) _mm256_storeu_ps(y + i, _mm256_mul_ps(_mm256_loadu_ps(y + i), factor));
  if (rest) Rest(_mm256_mul_ps(last, factor)).Store(y + whole, rest);
}

// The gradient of a row's scores: scale · p (dy − Σ dy p). dy may be dx.
AVX2 void RowGrad(const float *dy, const float *p, float scale, float *dx, int64_t size) {
  const int64_t whole = size / 8 * 8, rest = size - whole;
  const __m256 scales = _mm256_set1_ps(scale);
  __m256 sum = _mm256_setzero_ps(), slope = sum, share = sum;
  for (int64_t i = 0; i < whole; i += 8) sum = _mm256_fmadd_ps(_mm256_loadu_ps(dy + i), _mm256_loadu_ps(p + i), sum);
  if (rest) {
    slope = Rest(dy + whole, rest, 0).Eight();
    share = Rest(p + whole, rest, 0).Eight();
    sum = _mm256_fmadd_ps(slope, share, sum);
  }
  const __m256 mean = _mm256_set1_ps(Sum(sum));
  for (int64_t i = 0; i < whole; i += 8) {
    const __m256 apart = _mm256_sub_ps(_mm256_loadu_ps(dy + i), mean);
    _mm256_storeu_ps(dx + i, _mm256_mul_ps(apart, _mm256_mul_ps(_mm256_loadu_ps(p + i), scales)));
  }
  if (rest) Rest(_mm256_mul_ps(_mm256_sub_ps(slope, mean), _mm256_mul_ps(share, scales))).Store(dx + whole, rest);
}

// What a row's probabilities are made by: p = e^(x − shift) / sum.
struct Normaliser {
  float shift, sum;
};

AVX2 Normaliser Normalise(const float *x, int64_t size) {
  constexpr int64_t kStep = 32;  // four sums of eight lanes: none grows too large beside what is added
  const int64_t whole = size / kStep * kStep;
  __m256 greatest[4], sums[4];
  UNROLL for (int j = 0; j < 4; ++j) {
    greatest[j] = _mm256_set1_ps(-INFINITY);
    sums[j] = _mm256_setzero_ps();
  }
  for (int64_t i = 0; i < whole; i += kStep) {
    UNROLL for (int j = 0; j < 4; ++j) greatest[j] = _mm256_max_ps(greatest[j], _mm256_loadu_ps(x + i + 8 * j));
  }
  float shift = Greatest(_mm256_max_ps(_mm256_max_ps(greatest[0], greatest[1]), _mm256_max_ps(greatest[2], greatest[3])));
  for (int64_t i = whole; i < size; ++i) shift = std::max(shift, x[i]);
  const __m256 shifts = _mm256_set1_ps(shift);
  for (int64_t i = 0; i < whole; i += kStep) {
    UNROLL for (int j = 0; j < 4; ++j) {
      sums[j] = _mm256_add_ps(sums[j], Exp(_mm256_sub_ps(_mm256_loadu_ps(x + i + 8 * j), shifts)));
    }
  }
  for (int64_t i = whole; i < size; i += 8) {
    const __m256 last = Rest(x + i, std::min<int64_t>(8, size - i), -INFINITY).Eight();
    sums[0] = _mm256_add_ps(sums[0], Exp(_mm256_sub_ps(last, shifts)));
  }
  return {shift, Sum(_mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3])))};
}

// x − shift − log(sum) of a row. x may be y.
AVX2 void LogRow(const float *x, Normaliser by, float *y, int64_t size) {
  const int64_t whole = size / 8 * 8;
  const float total = std::log(by.sum);
  const __m256 shift = _mm256_set1_ps(by.shift), less = _mm256_set1_ps(total);
  for (int64_t i = 0; i < whole; i += 8) {
    _mm256_storeu_ps(y + i, _mm256_sub_ps(_mm256_sub_ps(_mm256_loadu_ps(x + i), shift), less));
  }
  for (int64_t i = whole; i < size; ++i) y[i] = x[i] - by.shift - total;
}

// weight · (p − smoothing) of a row. x may be dx.
AVX2 void LogitsGrad(const float *x, Normaliser by, float weight, float smoothing, float *dx, int64_t size) {
  const int64_t whole = size / 8 * 8;
  const __m256 shift = _mm256_set1_ps(by.shift), factor = _mm256_set1_ps(weight / by.sum);
  const __m256 less = _mm256_set1_ps(weight * smoothing);
  for (int64_t i = 0; i < whole; i += 8) {
    const __m256 part = Exp(_mm256_sub_ps(_mm256_loadu_ps(x + i), shift));
    _mm256_storeu_ps(dx + i, _mm256_fmsub_ps(part, factor, less));
  }
  if (whole == size) return;
  const __m256 part = Exp(_mm256_sub_ps(Rest(x + whole, size - whole, 0).Eight(), shift));
  Rest(_mm256_fmsub_ps(part, factor, less)).Store(dx + whole, size - whole);
}

// body(row) for each row of `width` numbers, in blocks on all threads.
template <typename Body>
void EachRow(int64_t rows, int64_t width, const Body &body) {
  if (rows == 0 || width == 0) return;
  Spread(rows, std::max<int64_t>(1, (1 << 13) / width), kWorkOfSoftmax * width, [&](int64_t row, int64_t end) {
    for (; row < end; ++row) body(row);
  });
}

constexpr char kScale[] = "scale", kSmoothing[] = "smoothing";

void Compute(void *scale, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input bias(context, 1, status.status);
  InPlace y(context, status.status);
  if (Failed(context, status.status)) return;
  const bool hasBias = bias.Rank() > 0;
  BiasRows rows;
  if (y.Rank() < 1 || (hasBias && !rows.Fit(y.Sides(), bias))) {
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
  if (Failed(context, status.status)) return;
  if (dx.Rank() < 1 || dx.Sides() != p.Sides()) {
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

constexpr char kOutside[] = "Received a label value outside the valid range";

bool AreLabels(const Operand &labels, int64_t classes) {
  const auto *label = labels.Data<const int32_t>();
  return std::all_of(label, label + labels.Size(), [&](int32_t one) { return one >= 0 && one < classes; });
}

void ComputeCrossEntropy(void *, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input logits(context, 0, status.status), labels(context, 1, status.status);
  if (Failed(context, status.status)) return;
  if (logits.Rank() != 2 || labels.Rank() != 1 || labels.Side(0) != logits.Side(0)) {
    return Fail(context, status.status, "Blip2CrossEntropy takes logits [N, V] and labels [N]");
  }
  const int64_t rows = logits.Side(0), classes = logits.Side(1);
  const float *x = logits.Data();
  const auto *label = labels.Data<const int32_t>();
  if (!AreLabels(labels, classes)) return Fail(context, status.status, kOutside);
  Output loss(context, 0, {rows}, status.status);
  Output by(context, 1, {rows, 2}, status.status);
  if (Failed(context, status.status)) return;
  float *losses = loss.Data();
  auto *normalisers = by.Data<Normaliser>();
  EachRow(rows, classes, [&](int64_t row) {
    const Normaliser own = Normalise(x + row * classes, classes);
    normalisers[row] = own;
    losses[row] = std::log(own.sum) - (x[row * classes + label[row]] - own.shift);
  });
}

void ComputeCrossEntropyGrad(void *smoothing, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input labels(context, 1, status.status), by(context, 2, status.status), weight(context, 3, status.status);
  InPlace dx(context, status.status);
  if (Failed(context, status.status)) return;
  const int64_t rows = labels.Size();
  if (dx.Rank() != 2 || dx.Side(0) != rows || by.Size() != 2 * rows || weight.Size() != rows) {
    return Fail(context, status.status, "Blip2CrossEntropyGrad takes logits [N, V], and labels, sums and weights of N rows");
  }
  const int64_t classes = dx.Side(1);
  if (!AreLabels(labels, classes)) return Fail(context, status.status, kOutside);
  const float epsilon = *static_cast<const float *>(smoothing);
  const float *x = dx.Source(), *weights = weight.Data();
  const auto *label = labels.Data<const int32_t>();
  const auto *normalisers = by.Data<const Normaliser>();
  float *to = dx.Data();
  EachRow(rows, classes, [&](int64_t row) {
    LogitsGrad(x + row * classes, normalisers[row], weights[row], epsilon / classes, to + row * classes, classes);
    to[row * classes + label[row]] -= weights[row] * (1 - epsilon);
  });
}

void ComputeLog(void *, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  InPlace y(context, status.status);
  if (Failed(context, status.status)) return;
  if (y.Rank() < 1) return Fail(context, status.status, "Blip2LogSoftmax takes rows");
  if (y.Size() == 0) return;
  const int64_t width = y.Side(y.Rank() - 1);
  const float *x = y.Source();
  float *to = y.Data();
  EachRow(y.Size() / width, width, [&](int64_t row) {
    LogRow(x + row * width, Normalise(x + row * width, width), to + row * width, width);
  });
}

// [N, V], [N] → [N], [N, 2]
void CrossEntropyShapes(TF_ShapeInferenceContext *context, TF_Status *status) {
  TF_ShapeHandle *labels = TF_NewShapeHandle(), *two = TF_ShapeInferenceContextVectorFromSize(context, 2);
  TF_ShapeInferenceContextGetInput(context, 1, labels, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, 0, labels, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextConcatenateShapes(context, labels, two, labels, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, 1, labels, status);
  TF_DeleteShapeHandle(labels);
  TF_DeleteShapeHandle(two);
}

}  // namespace

void RegisterSoftmax(TF_Status *status) {
  DefineOp("Blip2Softmax", {"scale: float"}, {"scores: float", "bias: float"}, {"p: float"}, LikeInputs<0>, status);
  AddKernel("Blip2Softmax", {Compute, CreateNumber<kScale>, DestroyNumber}, status);
  DefineOp("Blip2SoftmaxGrad", {"scale: float"}, {"dy: float", "p: float"}, {"dx: float"}, LikeInputs<0>, status);
  AddKernel("Blip2SoftmaxGrad", {ComputeGrad, CreateNumber<kScale>, DestroyNumber}, status);
  DefineOp("Blip2CrossEntropy", {}, {"logits: float", "labels: int32"}, {"loss: float", "by: float"}, CrossEntropyShapes,
           status);
  AddKernel("Blip2CrossEntropy", {ComputeCrossEntropy}, status);
  DefineOp("Blip2CrossEntropyGrad", {"smoothing: float"}, {"logits: float", "labels: int32", "by: float", "weights: float"},
           {"dx: float"}, LikeInputs<0>, status);
  AddKernel("Blip2CrossEntropyGrad", {ComputeCrossEntropyGrad, CreateNumber<kSmoothing>, DestroyNumber}, status);
  DefineOp("Blip2LogSoftmax", {}, {"x: float"}, {"y: float"}, LikeInputs<0>, status);
  AddKernel("Blip2LogSoftmax", {ComputeLog}, status);
}

}  // namespace tfnodejs
#endif
