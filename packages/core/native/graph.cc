// Tracing: operations are added to a TF_Graph in place of being executed; TensorFlow infers their shapes;
// the finished graph becomes a function of the eager context, which executeOp then calls by its name.
// Tensors of a graph are known to JavaScript by their place in `outputs`, operations by theirs in `operations`.
#include <map>
#include <memory>

#include "extensions.h"

namespace tfnodejs {
namespace {

struct TracedGraph {
  TF_Graph *graph = TF_NewGraph();
  std::vector<TF_Output> outputs;
  std::vector<TF_Operation *> operations;
  ~TracedGraph() { TF_DeleteGraph(graph); }
};

// Graphs live from graphCreate to graphToFunction or graphDelete, on JavaScript's one thread.
std::map<int64_t, std::unique_ptr<TracedGraph>> graphs;
int64_t next_graph_id = 0;

TracedGraph *Find(napi_env env, napi_value id) {
  auto entry = graphs.find(ToInt(env, id));
  if (entry == graphs.end()) {
    Throw(env, "This graph was finished or never created");
    return nullptr;
  }
  return entry->second.get();
}

// The members of `all` that JavaScript names by their places; throws when there is no such place.
template <typename T, typename Chosen>
bool Choose(napi_env env, const std::vector<T> &all, napi_value places, std::vector<Chosen> *chosen) {
  for (int64_t place : ToInts(env, places)) {
    if (place < 0 || static_cast<size_t>(place) >= all.size()) {
      Throw(env, "This graph has no tensor or operation " + std::to_string(place));
      return false;
    }
    chosen->push_back(all[place]);
  }
  return true;
}

std::string NodeName(const TracedGraph &graph, const std::string &op) {
  return op + "_" + std::to_string(graph.operations.size());
}

// The inferred shape; throws when a dimension is unknown, since JavaScript's kernels need every one.
bool InferredShape(napi_env env, TracedGraph *graph, TF_Output output, std::vector<int64_t> *shape) {
  TF_AutoStatus status;
  int rank = TF_GraphGetTensorNumDims(graph->graph, output, status.status);
  if (Failed(env, status)) return false;
  shape->assign(rank < 0 ? 0 : rank, -1);
  if (rank > 0) TF_GraphGetTensorShape(graph->graph, output, shape->data(), rank, status.status);
  if (Failed(env, status)) return false;
  bool known = rank >= 0;
  for (int64_t dimension : *shape) known = known && dimension >= 0;
  if (!known) {
    Throw(env, std::string("The shape of ") + TF_OperationName(output.oper) +
                   " depends on values: it cannot be part of a compiled function");
  }
  return known;
}

napi_value AddOutput(napi_env env, TracedGraph *graph, TF_Output output) {
  std::vector<int64_t> shape;
  TF_DataType dtype = TF_OperationOutputType(output);
  if (dtype != TF_RESOURCE && !InferredShape(env, graph, output, &shape)) return nullptr;
  graph->outputs.push_back(output);
  return Metadata(env, graph->outputs.size() - 1, shape, dtype);
}

// Ends the description of an operation, which frees it, and keeps the operation; nullptr after an error, be it one
// of an attribute before.
TF_Operation *Finish(napi_env env, TracedGraph *graph, TF_OperationDescription *op) {
  TF_AutoStatus status;
  TF_Operation *operation = TF_FinishOperation(op, status.status);
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending || Failed(env, status)) return nullptr;
  graph->operations.push_back(operation);
  return operation;
}

// graphCreate(): graph
napi_value GraphCreate(napi_env env, napi_callback_info) {
  graphs[next_graph_id] = std::make_unique<TracedGraph>();
  return FromInt(env, next_graph_id++);
}

// graphDelete(graph)
napi_value GraphDelete(napi_env env, napi_callback_info info) {
  graphs.erase(ToInt(env, Arguments(env, info, 1)[0]));
  return nullptr;
}

// graphPlaceholder(graph, dtype, shape): metadata
napi_value GraphPlaceholder(napi_env env, napi_callback_info info) {
  auto args = Arguments(env, info, 3);
  TracedGraph *graph = Find(env, args[0]);
  if (!graph) return nullptr;
  auto dtype = static_cast<TF_DataType>(ToInt(env, args[1]));
  auto shape = ToInts(env, args[2]);
  TF_OperationDescription *op =
      TF_NewOperation(graph->graph, "Placeholder", NodeName(*graph, "input").c_str());
  TF_SetAttrType(op, "dtype", dtype);
  TF_SetAttrShape(op, "shape", shape.data(), shape.size());
  TF_Operation *operation = Finish(env, graph, op);
  return operation ? AddOutput(env, graph, {operation, 0}) : nullptr;
}

// graphConst(graph, tensorId): metadata. The value of an eager tensor becomes part of the graph.
napi_value GraphConst(napi_env env, napi_callback_info info) {
  auto args = Arguments(env, info, 2);
  TracedGraph *graph = Find(env, args[0]);
  if (!graph) return nullptr;
  TFE_TensorHandle *handle = Backend(env)->Handle(static_cast<int32_t>(ToInt(env, args[1])));
  if (!handle) return Throw(env, "A constant's tensor was disposed"), nullptr;
  TF_AutoStatus status;
  TF_Tensor *tensor = TFE_TensorHandleResolve(handle, status.status);
  if (Failed(env, status)) return nullptr;
  TF_OperationDescription *op = TF_NewOperation(graph->graph, "Const", NodeName(*graph, "const").c_str());
  TF_SetAttrType(op, "dtype", TF_TensorType(tensor));
  TF_SetAttrTensor(op, "value", tensor, status.status);
  TF_DeleteTensor(tensor);
  Failed(env, status);  // seen by Finish
  TF_Operation *operation = Finish(env, graph, op);
  return operation ? AddOutput(env, graph, {operation, 0}) : nullptr;
}

// graphAddOp(graph, name, attributes, inputs: tensor[], numOutputs, controls: operation[], listed, untokened,
//   shape?: number[]): {operation, outputs: metadata[]}
// The first `listed` inputs are one list (AddN, Pack, ConcatV2); with `untokened` an empty list follows the inputs
// (the ordering tokens of collectives). `shape` states the shape of the first output
// where TensorFlow cannot infer it (a variable that is read).
napi_value GraphAddOp(napi_env env, napi_callback_info info) {
  auto args = Arguments(env, info, 9);
  TracedGraph *graph = Find(env, args[0]);
  if (!graph) return nullptr;
  std::string name = ToString(env, args[1]);
  std::vector<TF_Output> inputs;
  std::vector<TF_Operation *> controls;
  if (!Choose(env, graph->outputs, args[3], &inputs)) return nullptr;
  if (!Choose(env, graph->operations, args[5], &controls)) return nullptr;
  size_t listed = ToInt(env, args[6]);
  if (listed > inputs.size()) return Throw(env, name + " lacks inputs of its list"), nullptr;

  TF_OperationDescription *op =
      TF_NewOperation(graph->graph, name.c_str(), NodeName(*graph, name).c_str());
  if (listed > 0) TF_AddInputList(op, inputs.data(), listed);
  for (size_t i = listed; i < inputs.size(); ++i) TF_AddInput(op, inputs[i]);
  if (ToBool(env, args[7])) TF_AddInputList(op, nullptr, 0);
  for (TF_Operation *control : controls) TF_AddControlInput(op, control);
  uint32_t attributes = 0;
  napi_get_array_length(env, args[2], &attributes);
  for (uint32_t i = 0; i < attributes; ++i) {
    napi_value attribute;
    napi_get_element(env, args[2], i, &attribute);
    AssignGraphOpAttr(env, op, attribute);
  }
  TF_Operation *operation = Finish(env, graph, op);
  if (!operation) return nullptr;

  TF_AutoStatus status;
  bool has_shape = false;
  napi_is_array(env, args[8], &has_shape);
  if (has_shape) {
    auto shape = ToInts(env, args[8]);
    TF_GraphSetTensorShape(graph->graph, {operation, 0}, shape.data(), shape.size(), status.status);
    if (Failed(env, status)) return nullptr;
  }

  int64_t count = ToInt(env, args[4]);
  if (count > TF_OperationNumOutputs(operation)) {
    return Throw(env, name + " has fewer than " + std::to_string(count) + " outputs"), nullptr;
  }
  napi_value result, outputs;
  napi_create_object(env, &result);
  napi_create_array(env, &outputs);
  for (int i = 0; i < count; ++i) {
    napi_value output = AddOutput(env, graph, {operation, i});
    if (!output) return nullptr;
    napi_set_element(env, outputs, i, output);
  }
  napi_set_named_property(env, result, "operation", FromInt(env, graph->operations.size() - 1));
  napi_set_named_property(env, result, "outputs", outputs);
  return result;
}

// graphToFunction(graph, name, inputs: tensor[], outputs: tensor[], effects: operation[]): bytes of the function
// `effects` are operations that must run though no output depends on them (assignments). The graph is gone after.
napi_value GraphToFunction(napi_env env, napi_callback_info info) {
  auto args = Arguments(env, info, 5);
  TracedGraph *graph = Find(env, args[0]);
  if (!graph) return nullptr;
  std::string name = ToString(env, args[1]);
  std::vector<TF_Output> inputs, outputs;
  std::vector<const TF_Operation *> effects;
  if (!Choose(env, graph->outputs, args[2], &inputs)) return nullptr;
  if (!Choose(env, graph->outputs, args[3], &outputs)) return nullptr;
  if (!Choose(env, graph->operations, args[4], &effects)) return nullptr;

  TF_AutoStatus status;
  TF_Function *function = TF_GraphToFunctionWithControlOutputs(
      graph->graph, name.c_str(), /*append_hash_to_fn_name=*/0, /*num_opers=*/-1, /*opers=*/nullptr,
      inputs.size(), inputs.data(), outputs.size(), outputs.data(), /*output_names=*/nullptr,
      effects.size(), effects.data(), /*control_output_names=*/nullptr, /*opts=*/nullptr,
      /*description=*/nullptr, status.status);
  graphs.erase(ToInt(env, args[0]));
  if (Failed(env, status)) return nullptr;
  TFE_ContextAddFunction(Backend(env)->Context(), function, status.status);
  TF_Buffer *definition = TF_NewBuffer();
  if (TF_GetCode(status.status) == TF_OK) TF_FunctionToFunctionDef(function, definition, status.status);
  int64_t bytes = definition->length;
  TF_DeleteBuffer(definition);
  TF_DeleteFunction(function);
  return Failed(env, status) ? nullptr : FromInt(env, bytes);
}

// removeFunction(name)
napi_value RemoveFunction(napi_env env, napi_callback_info info) {
  TF_AutoStatus status;
  std::string name = ToString(env, Arguments(env, info, 1)[0]);
  TFE_ContextRemoveFunction(Backend(env)->Context(), name.c_str(), status.status);
  Failed(env, status);
  return nullptr;
}

}  // namespace

void RegisterGraph(napi_env env, napi_value exports) {
  Define(env, exports, "graphCreate", GraphCreate);
  Define(env, exports, "graphDelete", GraphDelete);
  Define(env, exports, "graphPlaceholder", GraphPlaceholder);
  Define(env, exports, "graphConst", GraphConst);
  Define(env, exports, "graphAddOp", GraphAddOp);
  Define(env, exports, "graphToFunction", GraphToFunction);
  Define(env, exports, "removeFunction", RemoveFunction);
}

}  // namespace tfnodejs
