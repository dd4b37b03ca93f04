//===- CimErrorOps.td - Writing weights, and its errors -----*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The program that writes a layer's weights: layer, load, errors, write.
// docs/semantics.md defines the errors.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_CIMERROROPS_TD
#define CIM_DIALECTS_CIM_CIMERROROPS_TD

include "dialects/cim/CimDialect.td"
include "dialects/cim/CimInterfaces.td"
include "dialects/nn/NNDialect.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

// Weights as written: float, ONNX weight order.
def Cim_Weights : NN_TensorOf<[F32]>;

//===----------------------------------------------------------------------===//
// A layer and its ends
//===----------------------------------------------------------------------===//

def Cim_LayerOp : Op<Cim_Dialect, "layer", [
    Symbol, IsolatedFromAbove, SingleBlock, HasParent<"::mlir::ModuleOp">]> {
  let summary = "Weights on crossbars, and how they are written";
  let description = [{
    The region is the layer's share of the program that runs once for every
    chip: one `cim.load`, any errors in the order quantize, device, noise,
    verify, correlated, shift, read_disturb, faults, each at most once, then
    `cim.map` where the layer stands on arrays and behind it what stands around
    them (`cim.dac`, `cim.adc`, `cim.read_noise`, `cim.drift_compensation`), and
    one `cim.write`. Weights used by several operations are one layer, written
    once.

    The symbol is the layer's name. `index` is its coordinate for random
    numbers: its position among all crossbar layers in the order of first use,
    whichever of them have errors. `channel_axis` is the dimension of the
    weights that counts output channels: 0 for a convolution, 0 or 1 for a fully
    connected layer, as its first use transposes it; on arrays, as every use
    does. `role` tells the first (C1) and second (C2) convolution of
    a residual block with an identity shortcut, and the places in other blocks
    (passes/analysis/ResidualRoles.h).

    `selected` marks a layer that is to be retrained and rewritten, as
    `select-layers` decides; `tolerance` and `limit` are measured facts
    (`annotate-tolerance`), on the first of which it may decide. `selected` and
    `limit` are records: nothing computes with them.

    ```mlir
    cim.layer @layer1.0.conv1 index 1 channel_axis 0 role C1 : tensor<16x16x3x3xf32> {
      %0 = cim.load dense_resource<layer1.0.conv1.weight> : tensor<16x16x3x3xf32>
      %1 = cim.quantize %0 bits 5 mode minmax : tensor<16x16x3x3xf32>
      cim.write %1 : tensor<16x16x3x3xf32>
    }
    cim.layer @layer1.0.conv2 index 2 channel_axis 0 role C2 selected
        tolerance <"noise normal:0.06ns" accuracy 0.913 of 0.926 chips 10 images 1000>
        : tensor<16x16x3x3xf32> {…}
    ```
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name,
    OptionalAttr<StrAttr>:$sym_visibility,
    I64Attr:$index,
    I64Attr:$channel_axis,
    OptionalAttr<Cim_Role>:$role,
    UnitAttr:$selected,
    OptionalAttr<Cim_ToleranceAttr>:$tolerance,
    OptionalAttr<Cim_LimitAttr>:$limit,
    TypeAttrOf<Cim_Weights>:$type);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `index` $index `channel_axis` $channel_axis (`role` `` $role^)?
    (`selected` $selected^)? (`tolerance` `` $tolerance^)? (`limit` `` $limit^)? `:` $type
    attr-dict-with-keyword $body
  }];
  let builders = [
    OpBuilder<(ins "::llvm::StringRef":$name, "int64_t":$index, "int64_t":$channelAxis,
                   "::mlir::ElementsAttr":$weights), [{}]>,
  ];
  let skipDefaultBuilders = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// "C1", "C2", ... or "".
    ::llvm::StringRef getRoleName();
    /// The float weights before any error.
    LoadOp getLoad();
    /// The end of the region.
    WriteOp getWrite();
    /// The error of \p kind, or null.
    WeightErrorOpInterface getError(WeightErrorKind kind);
    /// The cells and arrays, or null before the layer is mapped.
    MapOp getMap();
    /// What stands around the arrays, or null where it is ideal.
    DacOp getDac();
    AdcOp getAdc();
    ReadNoiseOp getReadNoise();
    DriftCompensationOp getDriftCompensation();
    /// Cells side by side that hold one weight of a mapped layer in slices.
    int64_t countSlices();
    /// The errors in the order in which they happen.
    ::llvm::SmallVector<WeightErrorOpInterface> getErrors();
    /// Gives the weights, as they stand before errors of \p kind, to \p create
    /// with a builder placed there, and sends its result down the chain. There
    /// must be no error of that kind yet.
    void insertError(WeightErrorKind kind,
        ::llvm::function_ref<::mlir::Value(::mlir::OpBuilder &, ::mlir::Value)> create);
  }];
}

def Cim_LoadOp : Op<Cim_Dialect, "load", [Pure, HasParent<"LayerOp">]> {
  let summary = "The float weights of a layer";
  let description = [{
    The beginning of a layer's program: the weights as the network was trained,
    in ONNX weight order. Large ones are resources, their bytes beside the IR.

    ```mlir
    %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Cim_Weights:$result);
  let assemblyFormat = "custom<TypedElements>($value, type($result)) attr-dict";
  let hasVerifier = 1;
}

def Cim_WriteOp : Op<Cim_Dialect, "write", [Terminator, HasParent<"LayerOp">]> {
  let summary = "The weights that a chip holds";
  let description = [{
    The end of a layer's program: what the cells hold after writing.

    ```mlir
    cim.write %3 : tensor<16x3x3x3xf32>
    ```
  }];
  let arguments = (ins Cim_Weights:$weights);
  let assemblyFormat = "$weights attr-dict `:` type($weights)";
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

class Cim_WeightErrorOp<string mnemonic, list<string> overrides = []>
    : Op<Cim_Dialect, mnemonic, [
        Pure, SameOperandsAndResultType, HasParent<"LayerOp">,
        DeclareOpInterfaceMethods<WeightErrorOpInterface, overrides>]> {
  let results = (outs Cim_Weights:$result);
  let hasVerifier = 1;
}

def Cim_QuantizeOp : Cim_WeightErrorOp<"quantize"> {
  let summary = "Round the weights to the levels that a cell can store";
  let description = [{
    With b bits and Δ the quantization step, rint rounding halves to even:

    | mode | levels |
    |---|---|
    | `minmax` | lo + Δ·rint((w − lo)/Δ), lo and hi the least and greatest weight, Δ = (hi − lo)/(2^b − 1) |
    | `symmetric` | Δ·rint(w/Δ), Δ = s/(2^(b−1) − 1), s = max ∣w∣; zero is a level; at least 2 bits |
    | `percentile` | as symmetric with s that percentile of ∣w∣; larger weights are clipped |
    | `lloyd` | 2^b levels placed by Lloyd's algorithm; Δ = (hi − lo)/(2^b − 1) |
    | `levels` | the ascending codebook `levels`, in the weights' unit; the nearest level |

    `per_channel` makes lo, hi, s, Δ, and so the units of later errors, those of
    each output channel. Source: docs/semantics.md; Lloyd, IEEE Trans. Inf.
    Theory 28 (1982) 129.

    ```mlir
    %1 = cim.quantize %0 bits 5 mode minmax : tensor<16x3x3x3xf32>
    %1 = cim.quantize %0 bits 4 mode percentile 99.9 per_channel : tensor<16x3x3x3xf32>
    %1 = cim.quantize %0 mode levels [-0.5, 0.0, 0.5] : tensor<16x3x3x3xf32>
    ```
  }];
  let arguments = (ins
    Cim_Weights:$weights,
    OptionalAttr<I64Attr>:$bits,
    Cim_QuantizationMode:$mode,
    OptionalAttr<F64Attr>:$percentile,
    UnitAttr:$per_channel,
    OptionalAttr<DenseF64ArrayAttr>:$levels);
  let assemblyFormat = [{
    $weights (`bits` $bits^)? `mode` custom<QuantizationMode>($mode, $percentile, $levels)
    (`per_channel` $per_channel^)? attr-dict `:` type($weights)
  }];
}

def Cim_DeviceOp : Cim_WeightErrorOp<"device", []> {
  let summary = "Let every cell follow a model of its device";
  let description = [{
    The error of writing each cell of a weight, which depends on the conductance
    that it is meant to have, and with `at` the change in so many seconds since.
    `model` holds the numbers, field by field as in `Device` of
    runtime/plan/plan.proto but for name, time and forced; `force` lets it be used outside the ranges that it
    is known for. Needs the conductances that `cim.map` gives. Source:
    docs/devices.md.

    ```mlir
    %2 = cim.device %1 "mine" at 86400.0 force model {
           earliest_time = 1.0, highest_conductance = 25.0, unit = "uS",
           programming = [{polynomial = array<f64: 0.5, 0.02>} ],
           relaxation = {mean = array<f64: 0.0, -0.1>, std = array<f64: 0.4>}}
         : tensor<16x3x3x3xf32>
    ```
  }];
  let arguments = (ins
    Cim_Weights:$weights,
    StrAttr:$device,
    OptionalAttr<F64Attr>:$time,
    UnitAttr:$force,
    DictionaryAttr:$model);
  let assemblyFormat = [{
    $weights $device (`at` custom<Number>($time)^)? (`force` $force^)? `model` $model
    attr-dict `:` type($weights)
  }];
}

def Cim_NoiseOp : Cim_WeightErrorOp<"noise", ["getErrorUnit"]> {
  let summary = "Add a random error to every weight";
  let description = [{
    w + width·f(w)·ξ, with ξ of the given distribution scaled to mean 0 and
    variance 1, drawn for every weight whenever it is written. f is 1, or linear
    between the `level_factors`, which stand at equally spaced levels from the
    least to the greatest weight. In uS w is the conductance of a cell, every
    cell draws for itself, and the levels go from Gmin to Gmax.

    | distribution | parameter |
    |---|---|
    | `normal`, `uniform`, `laplace` | none |
    | `lognormal` | shape: the standard deviation of its logarithm, 0.001 to 5 |
    | `student_t` | degrees of freedom, above 2, up to 10^6 |
    | `empirical` | none; `cdf` gives points (probability, value), linear between, as they are |

    ```mlir
    %2 = cim.noise %1 normal 0.25 qs : tensor<16x3x3x3xf32>
    %2 = cim.noise %1 student_t 0.03 ns parameter 4.0 : tensor<16x3x3x3xf32>
    %2 = cim.noise %1 normal 1.0 qs level_factors [0.5, 1.0] : tensor<16x3x3x3xf32>
    %2 = cim.noise %1 empirical 1.0 qs cdf [0.0, 0.5, 1.0] at [-1.0, 0.1, 1.5]
           : tensor<16x3x3x3xf32>
    ```
  }];
  let arguments = (ins
    Cim_Weights:$weights,
    Cim_Distribution:$distribution,
    F64Attr:$width,
    Cim_ErrorUnit:$unit,
    OptionalAttr<F64Attr>:$parameter,
    OptionalAttr<DenseF64ArrayAttr>:$quantile_probabilities,
    OptionalAttr<DenseF64ArrayAttr>:$quantile_values,
    OptionalAttr<DenseF64ArrayAttr>:$level_factors);
  let assemblyFormat = [{
    $weights `` $distribution custom<Number>($width) `` $unit
    (`parameter` custom<Number>($parameter)^)?
    (`cdf` custom<Numbers>($quantile_probabilities)^ `at` custom<Numbers>($quantile_values))?
    (`level_factors` custom<Numbers>($level_factors)^)? attr-dict `:` type($weights)
  }];
}

def Cim_ShiftOp : Cim_WeightErrorOp<"shift", ["getErrorUnit"]> {
  let summary = "Move all weights by the same amount";
  let description = [{
    w + amount·f(w), of either sign, the same for every weight, in uS for every
    cell, and every chip; f as in `cim.noise`.

    ```mlir
    %3 = cim.shift %2 -0.015625 qs : tensor<16x3x3x3xf32>
    ```
  }];
  let arguments = (ins
    Cim_Weights:$weights,
    F64Attr:$amount,
    Cim_ErrorUnit:$unit,
    OptionalAttr<DenseF64ArrayAttr>:$level_factors);
  let assemblyFormat = [{
    $weights custom<Number>($amount) `` $unit
    (`level_factors` custom<Numbers>($level_factors)^)? attr-dict `:` type($weights)
  }];
}

def Cim_FaultsOp : Cim_WeightErrorOp<"faults", ["needsQuantization"]> {
  let summary = "Cells that are stuck, and bits that flip";
  let description = [{
    Every weight by itself is stuck at the layer's least with probability `low`
    and at its greatest with probability `high`, whatever was written. On arrays
    (`cim.map`) every cell is by itself, those of one weight's signs and slices,
    too, and stuck at Gmin or Gmax. Every stored bit of every code is inverted with probability `flip`, which
    needs quantized weights.

    ```mlir
    %4 = cim.faults %3 low 0.001 high 0.002 : tensor<16x3x3x3xf32>
    ```
  }];
  let arguments = (ins
    Cim_Weights:$weights,
    DefaultValuedAttr<F64Attr, "0.0">:$low,
    DefaultValuedAttr<F64Attr, "0.0">:$high,
    DefaultValuedAttr<F64Attr, "0.0">:$flip);
  let assemblyFormat = [{
    $weights custom<Fractions>($low, $high, $flip) attr-dict `:` type($weights)
  }];
}

#endif // CIM_DIALECTS_CIM_CIMERROROPS_TD
