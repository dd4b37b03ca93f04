//===- NNDialect.td - The nn dialect ------------------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The dialect, the types its operations take and the classes they derive from.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_NNDIALECT_TD
#define CIM_DIALECTS_NN_NNDIALECT_TD

include "dialects/nn/NNInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::cim::nn";
  let summary = "The network as imported: device-agnostic tensor operations";
  let description = [{
    One operation for each thing that a network does, with the meaning that
    ONNX gives it and nothing that is particular to an opset. Values are ranked
    tensors of static shape. Dimensions stand in ONNX's order: an activation is
    (image, channel, spatial...). The location of an operation is a `NameLoc`
    with the ONNX node's name; the location of a constant, one with the name of
    its initializer.

    What every operation computes is written down once, in
    `dialects/nn/reference`: the folders call it, and the kernels of the
    runtime are tested against it.

    ```mlir
    %w = nn.constant dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
    %1 = nn.conv %x, %w pads [1, 1, 1, 1]
           : (tensor<1x3x32x32xf32>, tensor<16x3x3x3xf32>) -> tensor<1x16x32x32xf32>
    %2 = nn.relu %1 : tensor<1x16x32x32xf32>
    ```
  }];
  let hasConstantMaterializer = 1;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

defvar NN_FloatTypes = [F32, F64];
defvar NN_IntegerTypes = [I8, I16, I32, I64, UI8, UI16, UI32, UI64];

// Floating-point activations are f32; integers, booleans and f64 occur in the
// subgraphs that compute shapes, and fold away.
class NN_TensorOf<list<Type> types> : ConfinedType<StaticShapeTensorOf<types>,
    [CPred<"::cim::nn::elementCount(::llvm::cast<::mlir::RankedTensorType>($_self).getShape()).has_value()">],
    StaticShapeTensorOf<types>.summary # " with at most 2^40 elements",
    "::mlir::RankedTensorType">;

def NN_FloatTensor : NN_TensorOf<NN_FloatTypes>;
def NN_BoolTensor : NN_TensorOf<[I1]>;
def NN_NumberTensor : NN_TensorOf<!listconcat(NN_FloatTypes, NN_IntegerTypes)>;
def NN_LogicTensor : NN_TensorOf<!listconcat(NN_IntegerTypes, [I1])>;
def NN_IndexTensor : NN_TensorOf<[I32, I64]>;
def NN_Tensor : NN_TensorOf<!listconcat(NN_FloatTypes, NN_IntegerTypes, [I1])>;

//===----------------------------------------------------------------------===//
// Base classes
//===----------------------------------------------------------------------===//

// Computes a constant result from constant operands with the reference.
def NN_FoldsByReference : NativeOpTrait<"FoldsByReference"> {
  let cppNamespace = "::cim::nn";
}

class NN_Op<string mnemonic, list<Trait> traits = []>
    : Op<NN_Dialect, mnemonic,
         !listconcat(traits, [Pure, NN_FoldsByReference,
                              DeclareOpInterfaceMethods<ImageWiseOpInterface>])>;

// An operation whose result type follows from its operands and attributes.
// What is wrong with them is found in one place, type inference, for parsed and
// for built operations alike.
class NN_InferredOp<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, !listconcat(traits, [InferTypeOpAdaptor])> {
  let results = (outs NN_Tensor:$result);
}

// A function of each element by itself.
class NN_Unary<string mnemonic, Type type = NN_FloatTensor>
    : NN_Op<mnemonic, [SameOperandsAndResultType, Elementwise]> {
  let arguments = (ins type:$x);
  let results = (outs type:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

// A function of two elements, with NumPy's broadcasting: shapes are aligned at
// their last dimension, and an extent of 1 stretches.
class NN_Binary<string mnemonic, Type type = NN_NumberTensor, list<Trait> traits = []>
    : NN_InferredOp<mnemonic, traits> {
  let arguments = (ins type:$a, type:$b);
  let assemblyFormat = [{
    $a `,` $b attr-dict `:` custom<BroadcastTypes>(type($a), type($b), type($result))
  }];
}

#endif // CIM_DIALECTS_NN_NNDIALECT_TD
