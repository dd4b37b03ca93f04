//===- LowerToPlan.cpp - From a module to a plan --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/LowerToPlan.h"

#include "compiler/ElementTypes.h"
#include "dialects/cim/Cim.h"
#include "dialects/cim/DeviceAttributes.h"
#include "dialects/nn/Constants.h"
#include "dialects/nn/FoldingMemory.h"
#include "passes/analysis/ImageWise.h"
#include "passes/analysis/TrainableParameters.h"
#include "runtime/devices/CheckDevice.h"
#include "runtime/plan/PlanFile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cstring>

using namespace cim;
using namespace mlir;

namespace {

class Lowering {
public:
  Lowering(plan::Plan &plan, TensorMap &tensors,
           std::shared_ptr<const void> contextOwner)
      : plan(plan), tensors(tensors), contextOwner(std::move(contextOwner)) {}

  LogicalResult lower(ModuleOp module) {
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main || !main.getBody().hasOneBlock())
      return module.emitError("has no function 'main' of one block");
    Block &body = main.getBody().front();

    plan.set_version(planVersion);
    if (auto model = module->getAttrOfType<StringAttr>("nn.model"))
      plan.set_model(model.str());
    plan.set_image_wise(analyseImageWise(body).holds);
    for (BlockArgument argument : body.getArguments()) {
      auto name =
          main.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "nn.name");
      FailureOr<uint32_t> value = addValue(argument, name ? name.strref() : "");
      if (failed(value))
        return failure();
      plan.add_inputs(*value);
    }
    imagesPerCall = plan.inputs_size() > 0 && plan.values(0).shape_size() > 0
                        ? std::max<int64_t>(plan.values(0).shape(0), 1)
                        : 1;
    const TrainableParameters trainable(module);
    const SmallVector<crossbar::LayerOp> crossbarLayers =
        crossbar::crossbarLayers(module);
    keepsTolerances = areComparable(crossbarLayers, module.getLoc());
    for (crossbar::LayerOp layer : crossbarLayers) {
      if (failed(addLayer(layer)))
        return failure();
      plan.mutable_layers(plan.layers_size() - 1)
          ->set_trainable_parameters(trainable.of(layer.getSymNameAttr()));
    }
    for (Operation &operation : body.without_terminator())
      if (failed(addOperation(&operation)))
        return failure();
    for (plan::Layer &layer : *plan.mutable_layers())
      layer.set_macs(layer.macs() / imagesPerCall);
    for (OpOperand &operand : body.getTerminator()->getOpOperands()) {
      uint32_t output = values.at(operand.get());
      auto name = main.getResultAttrOfType<StringAttr>(
          operand.getOperandNumber(), "nn.name");
      // What goes in and comes out unchanged keeps the name of the input.
      if (name && !isa<BlockArgument>(operand.get()))
        plan.mutable_values(output)->set_name(name.str());
      plan.add_outputs(output);
    }
    return success();
  }

private:
  FailureOr<uint32_t> addValue(Value value, StringRef name) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    std::optional<ElementType> elementType =
        type ? elementTypeOf(type.getElementType()) : std::nullopt;
    if (!elementType || !type.hasStaticShape())
      return emitError(value.getLoc())
             << "has a value of type " << value.getType()
             << ", which a plan cannot hold";
    plan::Value &added = *plan.add_values();
    added.set_name(name.str());
    added.set_element_type(*elementType);
    added.mutable_shape()->Add(type.getShape().begin(), type.getShape().end());
    return values[value] = plan.values_size() - 1;
  }

  //===------------------------------------------------------------------===//
  // Tensors
  //===------------------------------------------------------------------===//

  /// Adds the tensor \p elements, once however often it is used, and returns
  /// its name: the resource's key, or \p name. Equal constants of two names are
  /// one attribute, but two tensors: one may get other numbers, the other not.
  FailureOr<std::string> addTensor(ElementsAttr elements, Location location,
                                   StringRef name) {
    std::string wanted = name.empty() ? "constant" : name.str();
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements))
      wanted = resource.getRawHandle().getKey().str();
    llvm::StringMap<std::string> &known = tensorNames[elements];
    if (auto entry = known.find(wanted); entry != known.end())
      return entry->second;
    FailureOr<Tensor> tensor =
        known.empty() ? makeTensor(elements, location)
                      : FailureOr<Tensor>(tensors.at(known.begin()->second));
    if (failed(tensor))
      return failure();
    std::string unique = wanted;
    for (int copy = 1; tensors.contains(unique); ++copy)
      unique = wanted + "#" + std::to_string(copy);
    tensors[unique] = *std::move(tensor);
    return known[wanted] = unique;
  }

  FailureOr<Tensor> makeTensor(ElementsAttr elements, Location location) {
    constexpr int64_t most = int64_t(1) << 31;
    if (elements.getNumElements() > most)
      return emitError(location)
             << "has a constant of " << elements.getNumElements()
             << " elements, more than the 2^31 of a plan";
    std::optional<Tensor> tensor;
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
      tensor = tensorOf(resource);
      if (tensor && contextOwner)
        tensor->data = {contextOwner, tensor->data.get()};
      else if (tensor)
        takeBytes(resource, *tensor);
    } else if (auto dense = dyn_cast<DenseElementsAttr>(elements)) {
      // One number throughout takes no memory in the IR; in a plan it does.
      auto &memory = nn::FoldingMemory::of(elements.getContext());
      std::optional<ElementType> type = elementTypeOf(dense.getElementType());
      if (type && dense.isSplat() &&
          !memory.take(double(dense.getNumElements()) * byteWidth(*type)))
        return emitError(location)
               << "has a constant of " << dense.getNumElements()
               << " equal numbers, and such take more than "
               << int64_t(memory.limit / 1e6)
               << " MB of memory; allow more with --fold-memory";
      tensor = copyOf(dense);
    }
    if (!tensor)
      return emitError(location)
             << "has a constant whose bytes a plan cannot hold";
    return *std::move(tensor);
  }

  /// Makes \p tensor, which is \p resource, the owner of its bytes.
  void takeBytes(DenseResourceElementsAttr resource, Tensor &tensor) {
    DenseResourceElementsHandle handle = resource.getRawHandle();
    // Attributes of several types may name one resource.
    std::shared_ptr<AsmResourceBlob> &owner = owners[handle.getKey()];
    if (!owner)
      owner = std::make_shared<AsmResourceBlob>(std::move(*handle.getBlob()));
    tensor.data = {owner, tensor.data.get()};
  }

  /// Inline constants are small, or equal throughout: their bytes are copied,
  /// unless they had to be spread out anyway.
  static std::optional<Tensor> copyOf(DenseElementsAttr dense) {
    std::optional<ElementType> type = elementTypeOf(dense.getElementType());
    if (!type)
      return std::nullopt;
    Tensor tensor{*type, dense.getType().getShape().vec(), nn::bytesOf(dense)};
    if (tensor.data.use_count() == 0) { // they belong to the context
      std::shared_ptr<std::byte[]> bytes(new std::byte[tensor.bytes()]);
      std::memcpy(bytes.get(), tensor.data.get(), tensor.bytes());
      tensor.data = {bytes, bytes.get()};
    }
    return tensor;
  }

  //===------------------------------------------------------------------===//
  // Operations
  //===------------------------------------------------------------------===//

  LogicalResult addOperation(Operation *operation) {
    if (auto constant = dyn_cast<nn::ConstantOp>(operation))
      return addConstant(constant);
    if (!isa<nn::NNDialect, crossbar::CimDialect>(operation->getDialect()) ||
        operation->getNumResults() != 1)
      return operation->emitError()
             << "is an operation '" << operation->getName()
             << "', which a plan cannot hold";
    plan::Step &step = *plan.add_steps();
    step.set_operation(operation->getName().stripDialect().str());
    step.set_name(nn::nameOf(operation->getLoc()).str());
    for (Value operand : operation->getOperands())
      step.add_inputs(values.at(operand));
    if (auto onCrossbar = dyn_cast<crossbar::CrossbarOpInterface>(operation))
      bindLayer(onCrossbar, step);
    if (failed(encodeAttributes(operation, step)))
      return failure();
    FailureOr<uint32_t> result = addValue(operation->getResult(0), step.name());
    if (failed(result))
      return failure();
    step.add_outputs(*result);
    return success();
  }

  LogicalResult addConstant(nn::ConstantOp constant) {
    StringRef name = nn::nameOf(constant.getLoc());
    FailureOr<std::string> tensor =
        addTensor(constant.getValue(), constant.getLoc(), name);
    FailureOr<uint32_t> value = addValue(constant.getResult(), name);
    if (failed(tensor) || failed(value))
      return failure();
    plan.mutable_values(*value)->set_constant(*tensor);
    return success();
  }

  /// The weights take the place they have in the nn operation: second.
  void bindLayer(crossbar::CrossbarOpInterface operation, plan::Step &step) {
    LayerEntry &entry = layers.find(operation.getLayerAttr().getAttr())->second;
    step.add_inputs(entry.weights);
    for (int i = step.inputs_size() - 1; i > 1; --i)
      step.mutable_inputs()->SwapElements(i, i - 1);
    step.set_layer(entry.index);
    plan::Layer &layer = *plan.mutable_layers(entry.index);
    // A matrix may be that of a gemm and of a matmul: it is called by its first
    // use, like its channel axis.
    if (!entry.isUsed)
      layer.set_operation(step.operation());
    entry.isUsed = true;
    layer.set_macs(layer.macs() +
                   operation.countMultiplyAccumulates(entry.type));
  }

  LogicalResult encodeAttributes(Operation *operation, plan::Step &step) {
    for (StringAttr name : operation->getName().getAttributeNames()) {
      std::optional<Attribute> value = operation->getInherentAttr(name);
      if (!value || !*value || isa<FlatSymbolRefAttr>(*value))
        continue;
      plan::Attribute &encoded = (*step.mutable_attributes())[name.str()];
      bool known =
          llvm::TypeSwitch<Attribute, bool>(*value)
              .Case([&](IntegerAttr attribute) {
                encoded.set_integer(attribute.getType().isInteger(1)
                                        ? attribute.getValue().getZExtValue()
                                        : attribute.getInt());
                return true;
              })
              .Case([&](FloatAttr attribute) {
                encoded.set_number(attribute.getValueAsDouble());
                return true;
              })
              .Case([&](StringAttr attribute) {
                encoded.set_text(attribute.str());
                return true;
              })
              .Case([&](DenseI64ArrayAttr attribute) {
                ArrayRef<int64_t> list = attribute.asArrayRef();
                encoded.mutable_integers()->mutable_values()->Add(list.begin(),
                                                                  list.end());
                return true;
              })
              .Case([&](DenseF64ArrayAttr attribute) {
                ArrayRef<double> list = attribute.asArrayRef();
                encoded.mutable_numbers()->mutable_values()->Add(list.begin(),
                                                                 list.end());
                return true;
              })
              .Default([](Attribute) { return false; });
      if (!known)
        return operation->emitError() << "has an attribute '" << name.strref()
                                      << "' of a kind that a plan cannot hold";
    }
    return success();
  }

  //===------------------------------------------------------------------===//
  // Layers
  //===------------------------------------------------------------------===//

  struct LayerEntry {
    uint32_t index;   ///< among the plan's layers
    uint32_t weights; ///< value
    RankedTensorType type;
    bool isUsed = false;
  };

  /// Whether all tolerances are of one measurement, which a plan does not name.
  /// Warns at \p location where they are not.
  static bool areComparable(ArrayRef<crossbar::LayerOp> layers,
                            Location location) {
    crossbar::LayerOp first;
    for (crossbar::LayerOp layer : layers) {
      if (!layer.getToleranceAttr())
        continue;
      if (!first)
        first = layer;
      const std::string one = crossbar::measurementOf(first.getToleranceAttr()),
                        other =
                            crossbar::measurementOf(layer.getToleranceAttr());
      if (one == other)
        continue;
      emitWarning(location)
          << "its layers' tolerances were measured differently, and none is "
             "used: '"
          << first.getSymName() << "' with " << one << ", '"
          << layer.getSymName() << "' with " << other
          << "; measure all layers with one cim tolerance MODEL ... -o "
             "annotated.mlir";
      return false;
    }
    return true;
  }

  LogicalResult addLayer(crossbar::LayerOp layer) {
    crossbar::LoadOp load = layer.getLoad();
    auto type = cast<RankedTensorType>(load.getResult().getType());
    // Small weights are no resource, so that only their place knows their name.
    StringRef initializer = nn::nameOf(layer.getLoc());
    FailureOr<std::string> tensor =
        addTensor(load.getValue(), layer.getLoc(),
                  initializer.empty() ? layer.getSymName() : initializer);
    FailureOr<uint32_t> weights = addValue(load.getResult(), "");
    if (failed(tensor) || failed(weights))
      return failure();
    plan.mutable_values(*weights)->set_name(*tensor);
    plan.mutable_values(*weights)->set_constant(*tensor);
    layers.try_emplace(
        layer.getSymNameAttr(),
        LayerEntry{uint32_t(plan.layers_size()), *weights, type});

    plan::Layer &added = *plan.add_layers();
    added.set_name(layer.getSymName().str());
    added.set_index(layer.getIndex());
    added.set_role(layer.getRoleName().str());
    // A layer without a use keeps this.
    added.set_operation(type.getRank() == 2 ? "gemm" : "conv");
    added.set_weights(*tensor);
    added.mutable_shape()->Add(type.getShape().begin(), type.getShape().end());
    added.set_channel_axis(layer.getChannelAxis());
    if (crossbar::ToleranceAttr tolerance = layer.getToleranceAttr();
        tolerance && keepsTolerances)
      added.set_tolerance(tolerance.getAccuracy().convertToDouble());
    for (crossbar::WeightErrorOpInterface error : layer.getErrors()) {
      bool known =
          llvm::TypeSwitch<Operation *, bool>(error)
              .Case<crossbar::QuantizeOp, crossbar::DeviceOp, crossbar::NoiseOp,
                    crossbar::VerifyOp, crossbar::CorrelatedOp,
                    crossbar::ShiftOp, crossbar::ReadDisturbOp,
                    crossbar::FaultsOp>([&](auto operation) {
                encode(operation, added);
                return true;
              })
              .Default([](Operation *) { return false; });
      if (!known)
        return error->emitError() << "is an error that a plan cannot hold";
      if (error.getErrorUnit() == crossbar::ErrorUnit::microsiemens &&
          !layer.getMap()) {
        auto correlated =
            dyn_cast<crossbar::CorrelatedOp>(error.getOperation());
        const bool isOfCells = isa<crossbar::VerifyOp>(error.getOperation()) ||
                               (correlated && !correlated.getArray().isZero());
        return emitError(error->getLoc())
               << "layer '" << layer.getSymName() << "' has "
               << crossbar::describe(error.getErrorKind())
               << " in uS, but is not mapped to conductances; put it on "
                  "crossbars (--crossbar RxC)"
               << (isOfCells ? "" : ", or give it in qs, ns or abs");
      }
    }
    if (crossbar::MapOp map = layer.getMap())
      encode(map, added);
    if (crossbar::DacOp dac = layer.getDac())
      encode(dac, added);
    if (crossbar::AdcOp adc = layer.getAdc())
      encode(adc, added);
    if (crossbar::ReadNoiseOp noise = layer.getReadNoise())
      added.mutable_read_noise()->set_width(noise.getWidth().convertToDouble());
    added.set_compensates_drift(bool(layer.getDriftCompensation()));
    return added.has_device() ? checkDevice(layer, added) : success();
  }

  /// Refuses a device without cells, or with cells that it is not known for.
  static LogicalResult checkDevice(crossbar::LayerOp layer,
                                   const plan::Layer &added) {
    std::string problem =
        added.has_crossbar()
            ? problemOfWindow(added.device(), added.crossbar())
            : "it needs conductances; put the layer on crossbars (--crossbar "
              "RxC)";
    if (problem.empty())
      return success();
    return emitError(layer.getLoc())
           << "layer '" << added.name() << "' has device '"
           << added.device().name() << "': " << problem;
  }

  static void encode(crossbar::DeviceOp device, plan::Layer &layer) {
    FailureOr<plan::Device> decoded = crossbar::decodeDevice(device);
    assert(succeeded(decoded) && "the operation's verifier decodes it, too");
    *layer.mutable_device() = *std::move(decoded);
  }

  static void encode(crossbar::MapOp map, plan::Layer &layer) {
    using Cells = crossbar::CellScheme;
    static_assert(int(Cells::differential) == plan::Crossbar::DIFFERENTIAL &&
                  int(Cells::offset) == plan::Crossbar::OFFSET);
    plan::Crossbar &encoded = *layer.mutable_crossbar();
    encoded.set_array_rows(map.getArrayRows());
    encoded.set_array_columns(map.getArrayColumns());
    encoded.set_cells(plan::Crossbar::Cells(int(map.getCells())));
    encoded.set_lowest_conductance(map.getLowest().convertToDouble());
    encoded.set_highest_conductance(map.getHighest().convertToDouble());
    encoded.set_cell_bits(map.getCellBits().value_or(0));
    encoded.set_ideal_reference(map.getIdealReference());
    encoded.set_clip_to_window(map.getClip());
    encoded.set_groups_per_array(map.getGroupsPerArray());
    encoded.set_matrix_rows(map.getRows());
    encoded.set_matrix_columns(map.getColumns());
    encoded.set_groups(map.getGroups());
    if (map.getRowWire()) {
      plan::Crossbar::Wires &wires = *encoded.mutable_wires();
      wires.set_row(map.getRowWire()->convertToDouble());
      wires.set_column(map.getColumnWire()->convertToDouble());
      wires.set_drive_both_ends(map.getDriveBothEnds());
      wires.set_first_order(map.getFirstOrder());
    }
  }

  static void encode(crossbar::DacOp dac, plan::Layer &layer) {
    plan::Dac &encoded = *layer.mutable_dac();
    encoded.set_bits(dac.getBits());
    if (dac.getRange())
      encoded.set_range(dac.getRange()->convertToDouble());
    if (dac.getInputs())
      encoded.set_is_signed(*dac.getInputs() == crossbar::Inputs::isSigned);
    encoded.set_serial(dac.getSerial());
    copy(dac.getCurveInput(), encoded.mutable_curve_input());
    copy(dac.getCurveCurrent(), encoded.mutable_curve_current());
    encoded.set_gain_mismatch(dac.getGain().convertToDouble());
    encoded.set_offset_mismatch(dac.getOffset().convertToDouble());
    encoded.set_nonlinearity_mismatch(dac.getInl().convertToDouble());
  }

  static void encode(crossbar::AdcOp adc, plan::Layer &layer) {
    using Range = crossbar::AdcRange;
    static_assert(int(Range::max) == plan::Adc::MAX &&
                  int(Range::percentile) == plan::Adc::PERCENTILE &&
                  int(Range::fraction) == plan::Adc::FRACTION &&
                  int(Range::limits) == plan::Adc::LIMITS);
    plan::Adc &encoded = *layer.mutable_adc();
    encoded.set_bits(adc.getBits());
    encoded.set_range(plan::Adc::Range(int(adc.getRange())));
    if (adc.getValue())
      encoded.set_value(adc.getValue()->convertToDouble());
    encoded.set_per_tile(adc.getPerTile());
    copy(adc.getLimits(), encoded.mutable_limits());
    encoded.set_gain_mismatch(adc.getGain().convertToDouble());
    encoded.set_offset_mismatch(adc.getOffset().convertToDouble());
    encoded.set_nonlinearity_mismatch(adc.getInl().convertToDouble());
  }

  static plan::Unit encode(crossbar::ErrorUnit unit) {
    using crossbar::ErrorUnit;
    static_assert(int(ErrorUnit::quantizationStep) == plan::QUANTIZATION_STEP &&
                  int(ErrorUnit::normalisedScale) == plan::NORMALISED_SCALE &&
                  int(ErrorUnit::absolute) == plan::ABSOLUTE &&
                  int(ErrorUnit::microsiemens) == plan::MICROSIEMENS);
    return plan::Unit(int(unit));
  }

  static void copy(std::optional<ArrayRef<double>> numbers,
                   google::protobuf::RepeatedField<double> *field) {
    if (numbers)
      field->Add(numbers->begin(), numbers->end());
  }

  static void encode(crossbar::QuantizeOp quantize, plan::Layer &layer) {
    using Mode = crossbar::QuantizationMode;
    static_assert(int(Mode::minmax) == plan::Quantize::MINMAX &&
                  int(Mode::symmetric) == plan::Quantize::SYMMETRIC &&
                  int(Mode::percentile) == plan::Quantize::PERCENTILE &&
                  int(Mode::lloyd) == plan::Quantize::LLOYD &&
                  int(Mode::levels) == plan::Quantize::LEVELS);
    plan::Quantize &encoded = *layer.mutable_quantize();
    encoded.set_mode(plan::Quantize::Mode(int(quantize.getMode())));
    encoded.set_bits(quantize.getBits().value_or(0));
    if (quantize.getPercentile())
      encoded.set_percentile(quantize.getPercentile()->convertToDouble());
    encoded.set_per_channel(quantize.getPerChannel());
    copy(quantize.getLevels(), encoded.mutable_levels());
  }

  static void encode(crossbar::NoiseOp noise, plan::Layer &layer) {
    using crossbar::Distribution;
    static_assert(int(Distribution::normal) == plan::Noise::NORMAL &&
                  int(Distribution::uniform) == plan::Noise::UNIFORM &&
                  int(Distribution::lognormal) == plan::Noise::LOGNORMAL &&
                  int(Distribution::laplace) == plan::Noise::LAPLACE &&
                  int(Distribution::studentT) == plan::Noise::STUDENT_T &&
                  int(Distribution::empirical) == plan::Noise::EMPIRICAL);
    plan::Noise &encoded = *layer.mutable_noise();
    encoded.set_distribution(
        plan::Noise::Distribution(int(noise.getDistribution())));
    encoded.set_width(noise.getWidth().convertToDouble());
    encoded.set_unit(encode(noise.getUnit()));
    if (noise.getParameter())
      encoded.set_parameter(noise.getParameter()->convertToDouble());
    copy(noise.getQuantileProbabilities(),
         encoded.mutable_quantile_probability());
    copy(noise.getQuantileValues(), encoded.mutable_quantile_value());
    copy(noise.getLevelFactors(), encoded.mutable_level_factor());
  }

  static void encode(crossbar::ShiftOp shift, plan::Layer &layer) {
    plan::Shift &encoded = *layer.mutable_shift();
    encoded.set_amount(shift.getAmount().convertToDouble());
    encoded.set_unit(encode(shift.getUnit()));
    copy(shift.getLevelFactors(), encoded.mutable_level_factor());
  }

  static void encode(crossbar::VerifyOp verify, plan::Layer &layer) {
    plan::WriteVerify &encoded = *layer.mutable_write_verify();
    encoded.set_tolerance(verify.getTolerance().convertToDouble());
    encoded.set_pulses(verify.getPulses());
  }

  static void encode(crossbar::CorrelatedOp correlated, plan::Layer &layer) {
    plan::Correlated &encoded = *layer.mutable_correlated();
    encoded.set_column(correlated.getColumn().convertToDouble());
    encoded.set_array(correlated.getArray().convertToDouble());
    encoded.set_die(correlated.getDie().convertToDouble());
    encoded.set_unit(encode(correlated.getUnit()));
  }

  static void encode(crossbar::ReadDisturbOp disturb, plan::Layer &layer) {
    plan::ReadDisturb &encoded = *layer.mutable_read_disturb();
    encoded.set_amount(disturb.getAmount().convertToDouble());
    encoded.set_unit(encode(disturb.getUnit()));
    encoded.set_per(disturb.getPer().convertToDouble());
    encoded.set_exponent(disturb.getExponent().convertToDouble());
    if (disturb.getReads())
      encoded.set_reads(disturb.getReads()->convertToDouble());
  }

  static void encode(crossbar::FaultsOp faults, plan::Layer &layer) {
    plan::Faults &encoded = *layer.mutable_faults();
    encoded.set_low(faults.getLow().convertToDouble());
    encoded.set_high(faults.getHigh().convertToDouble());
    encoded.set_flip(faults.getFlip().convertToDouble());
  }

  plan::Plan &plan;
  TensorMap &tensors;
  std::shared_ptr<const void> contextOwner; ///< null: the bytes are taken
  llvm::DenseMap<Value, uint32_t> values;
  llvm::DenseMap<StringAttr, LayerEntry> layers;
  /// Names in the plan, by constant and wanted name.
  llvm::DenseMap<Attribute, llvm::StringMap<std::string>> tensorNames;
  llvm::StringMap<std::shared_ptr<AsmResourceBlob>> owners;
  int64_t imagesPerCall = 1;
  bool keepsTolerances = true; ///< they are of one measurement
};

} // namespace

LogicalResult cim::lowerToPlan(ModuleOp module, plan::Plan &plan,
                               TensorMap &tensors,
                               std::shared_ptr<const void> owner) {
  return Lowering(plan, tensors, std::move(owner)).lower(module);
}
