//===- NNDataOps.td - Constants and moving data -------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_NNDATAOPS_TD
#define CIM_DIALECTS_NN_NNDATAOPS_TD

include "dialects/nn/NNDialect.td"

def NN_ConstantOp : Op<NN_Dialect, "constant", [Pure, ConstantLike]> {
  let summary = "A constant tensor";
  let description = [{
    The tensor `value`: `dense` up to 64 elements or when all are equal,
    `dense_resource` otherwise, its key made from the name of the ONNX
    initializer. The location is a `NameLoc` with that name itself.

    ```mlir
    %w = nn.constant dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
    %s = nn.constant dense<[1, -1]> : tensor<2xi64>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs NN_Tensor:$result);
  let builders = [OpBuilder<(ins "::mlir::ElementsAttr":$value), [{
    build($_builder, $_state, value.getType(), value);
  }]>];
  let assemblyFormat = "attr-dict custom<TypedElements>($value, type($result))";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def NN_ReshapeOp : NN_Op<"reshape"> {
  let summary = "The same elements in another shape";
  let description = [{
    The elements of x, in row-major order, in the shape of the result, which has
    as many. ONNX's Flatten, Squeeze and Unsqueeze too. Source: ONNX Reshape-21.

    ```mlir
    %1 = nn.reshape %0 : tensor<1x64x1x1xf32> -> tensor<1x64xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
  let hasVerifier = 1;
}

def NN_ExpandOp : NN_Op<"expand"> {
  let summary = "Broadcast to a shape";
  let description = [{
    x broadcast, as in NumPy, to the shape of the result. Where ONNX's operand
    `shape` asks for less than x has, x prevails, so the result's shape is
    already the broadcast of both. Source: ONNX Expand-13.

    ```mlir
    %1 = nn.expand %0 : tensor<1x4xf32> -> tensor<3x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def NN_TransposeOp : NN_InferredOp<"transpose"> {
  let summary = "Permute dimensions";
  let description = [{
    Dimension i of the result is dimension permutation[i] of x.
    Source: ONNX Transpose-21.

    ```mlir
    %1 = nn.transpose %0 permutation [0, 2, 1] : (tensor<1x8x64xf32>) -> tensor<1x64x8xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x, DenseI64ArrayAttr:$permutation);
  let assemblyFormat = [{
    $x `permutation` $permutation attr-dict `:` functional-type(operands, results)
  }];
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def NN_ConcatOp : NN_InferredOp<"concat"> {
  let summary = "Join tensors along a dimension";
  let description = [{
    The operands one behind the other along dimension `axis` (not negative);
    their other dimensions are equal. Source: ONNX Concat-13.

    ```mlir
    %1 = nn.concat %a, %b axis 1
           : (tensor<1x64x55x55xf32>, tensor<1x64x55x55xf32>) -> tensor<1x128x55x55xf32>
    ```
  }];
  let arguments = (ins Variadic<NN_Tensor>:$x, I64Attr:$axis);
  let assemblyFormat = "$x `axis` $axis attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def NN_SliceOp : NN_InferredOp<"slice"> {
  let summary = "Every steps-th element of a part";
  let description = [{
    y[i] = x[starts + i·steps], i running up to `sizes`: one start, size and step
    per dimension, starts inside of x, steps positive or negative. Every element
    that is read lies in x. In the text, steps of 1 are left out.
    Source: ONNX Slice-13, its ends resolved by the importer.

    ```mlir
    %1 = nn.slice %0 starts [0, 0, 0, 0] sizes [1, 16, 16, 16] steps [1, 1, 2, 2]
           : (tensor<1x16x32x32xf32>) -> tensor<1x16x16x16xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x, DenseI64ArrayAttr:$starts, DenseI64ArrayAttr:$sizes,
                       DenseI64ArrayAttr:$steps);
  let assemblyFormat = [{
    $x `starts` $starts `sizes` $sizes custom<Steps>($steps, ref($starts)) attr-dict `:`
    functional-type(operands, results)
  }];
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def NN_PadOp : NN_InferredOp<"pad"> {
  let summary = "Add or remove elements at the edges";
  let description = [{
    x with pads[d] elements more at the begin of dimension d and
    pads[rank + d] more at its end; a negative number removes elements. New
    elements are `value` (mode `constant`), the elements mirrored at the edge
    without repeating it (`reflect`), the edge's (`edge`), or those from the
    other end (`wrap`). Of integers, `value` is one that their type can hold.
    Negative pads are applied first. In the text, mode constant and value 0 are
    left out. Source: ONNX Pad-21.

    ```mlir
    %1 = nn.pad %0 pads [0, 0, 1, 1, 0, 0, 1, 1] mode reflect
           : (tensor<1x3x8x8xf32>) -> tensor<1x3x10x10xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x, DenseI64ArrayAttr:$pads,
                       DefaultValuedStrAttr<StrAttr, "constant">:$mode,
                       DefaultValuedAttr<F64Attr, "0.0">:$value);
  let assemblyFormat = [{
    $x `pads` $pads custom<PadMode>($mode) (`value` $value^)? attr-dict `:`
    functional-type(operands, results)
  }];
  let hasFolder = 1;
}

def NN_GatherOp : NN_InferredOp<"gather"> {
  let summary = "Choose slices by index";
  let description = [{
    The slices of x along dimension `axis` (not negative) whose numbers stand in
    `indices`; the shape of `indices` takes the place of that dimension. A
    negative index counts from the end. Source: ONNX Gather-13.

    ```mlir
    %1 = nn.gather %0, %i axis 0 : (tensor<4xi64>, tensor<i64>) -> tensor<i64>
    ```
  }];
  let arguments = (ins NN_Tensor:$x, NN_IndexTensor:$indices, I64Attr:$axis);
  let assemblyFormat = [{
    $x `,` $indices `axis` $axis attr-dict `:` functional-type(operands, results)
  }];
}

def NN_RangeOp : NN_Op<"range", [SameOperandsAndResultElementType]> {
  let summary = "Numbers at equal distances";
  let description = [{
    y[i] = start + i·delta, for max(⌈(limit − start)/delta⌉, 0) elements. The
    operands are scalars. Their values decide the shape, so the result type says
    it; folding reports when it is another. Source: ONNX Range-11.

    ```mlir
    %1 = nn.range %start, %limit, %delta
           : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<4xi64>
    ```
  }];
  let arguments = (ins NN_NumberTensor:$start, NN_NumberTensor:$limit, NN_NumberTensor:$delta);
  let results = (outs NN_NumberTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif // CIM_DIALECTS_NN_NNDATAOPS_TD
