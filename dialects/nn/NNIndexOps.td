//===- NNIndexOps.td - Elements at places that are computed -*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_NNINDEXOPS_TD
#define CIM_DIALECTS_NN_NNINDEXOPS_TD

include "dialects/nn/NNDialect.td"

def NN_TopKOp : NN_InferredOp<"top_k"> {
  let summary = "Where the largest elements stand";
  let description = [{
    Along dimension `axis` (not negative), the indices of the k largest elements
    of x, the largest first, or with `largest false` of the k smallest, the
    smallest first; of equal elements the lower index first. NaN counts as
    larger than every number. The result, i64, has extent k in dimension
    `axis`. The elements themselves are a `gather_elements` with these indices;
    ONNX's ArgMax and ArgMin are those of k = 1. Source: ONNX TopK-24.

    ```mlir
    %1 = nn.top_k %0 k 3 axis 1 : (tensor<1x10xf32>) -> tensor<1x3xi64>
    ```
  }];
  let arguments = (ins NN_Tensor:$x, I64Attr:$k, I64Attr:$axis,
                       DefaultValuedAttr<BoolAttr, "true">:$largest);
  let assemblyFormat = [{
    $x `k` $k `axis` $axis (`largest` $largest^)? attr-dict `:`
    functional-type(operands, results)
  }];
}

def NN_GatherElementsOp : NN_InferredOp<"gather_elements"> {
  let summary = "Choose an element for each place";
  let description = [{
    y[…, i, …] = x[…, indices[…, i, …], …], the index standing in dimension
    `axis` (not negative). `indices` has the rank of x and, but for that
    dimension, at most its extents; the result has the shape of `indices`. A
    negative index counts from the end. Source: ONNX GatherElements-13.

    ```mlir
    %1 = nn.gather_elements %0, %i axis 1
           : (tensor<1x10xf32>, tensor<1x3xi64>) -> tensor<1x3xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x, NN_IndexTensor:$indices, I64Attr:$axis);
  let assemblyFormat = [{
    $x `,` $indices `axis` $axis attr-dict `:` functional-type(operands, results)
  }];
}

def NN_GatherNdOp : NN_InferredOp<"gather_nd"> {
  let summary = "Choose slices by indices into several dimensions";
  let description = [{
    The last dimension of `indices`, of extent q, holds indices into q
    dimensions of x, those that follow the first `batch_dimensions` (b), which x
    and `indices` share. Each is replaced by the slice of x it points at:

    y[n…, i…, r…] = x[n…, indices[n…, i…, 0], …, indices[n…, i…, q − 1], r…].

    A negative index counts from the end. Source: ONNX GatherND-13.

    ```mlir
    %1 = nn.gather_nd %0, %i : (tensor<2x2xf32>, tensor<3x2xi64>) -> tensor<3xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x, NN_IndexTensor:$indices,
                       DefaultValuedAttr<I64Attr, "0">:$batch_dimensions);
  let assemblyFormat = [{
    $x `,` $indices (`batch_dimensions` $batch_dimensions^)? attr-dict `:`
    functional-type(operands, results)
  }];
}

def NN_ScatterElementsOp : NN_InferredOp<"scatter_elements"> {
  let summary = "Put elements at given places";
  let description = [{
    x, with y[…, indices[…, i, …], …] the element updates[…, i, …]
    (`replace`) or combined with it: sum (`add`), product (`mul`), the greater
    (`max`) or the lesser (`min`). `indices`, of the shape of `updates`, index
    dimension `axis` (not negative); a negative one counts from the end. Updates
    are applied in row-major order. Source: ONNX ScatterElements-18.

    ```mlir
    %1 = nn.scatter_elements replace %0, %i, %u axis 1
           : (tensor<1x10xf32>, tensor<1x3xi64>, tensor<1x3xf32>) -> tensor<1x10xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x, NN_IndexTensor:$indices, NN_Tensor:$updates,
                       I64Attr:$axis, StrAttr:$reduction);
  let assemblyFormat = [{
    custom<Keyword>($reduction) $x `,` $indices `,` $updates `axis` $axis
    attr-dict `:` functional-type(operands, results)
  }];
}

def NN_ScatterNdOp : NN_InferredOp<"scatter_nd"> {
  let summary = "Put slices at given places";
  let description = [{
    x, with the slice that each row of `indices` (their last dimension, of
    extent q) points at through the first q dimensions replaced by or combined
    with that of `updates`, as in `scatter_elements`. `updates` has the shape of
    `indices` without its last dimension, followed by the dimensions of x from q
    on. Source: ONNX ScatterND-18.

    ```mlir
    %1 = nn.scatter_nd add %0, %i, %u
           : (tensor<8xf32>, tensor<4x1xi64>, tensor<4xf32>) -> tensor<8xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x, NN_IndexTensor:$indices, NN_Tensor:$updates,
                       StrAttr:$reduction);
  let assemblyFormat = [{
    custom<Keyword>($reduction) $x `,` $indices `,` $updates attr-dict `:`
    functional-type(operands, results)
  }];
}

def NN_ResampleOp : NN_InferredOp<"resample"> {
  let summary = "Interpolate along one dimension";
  let description = [{
    y[…, i, …] = Σ_t weights[i, t] · x[…, positions[i, t], …] along dimension
    `axis` (not negative). `positions` and `weights`, of shape [extent, taps],
    are the same for all images: what a scale and a way to interpolate come to.
    All of ONNX's Resize are chains of these. Weights here are arithmetic, not
    a layer's; they never stand on crossbars. Source: ONNX Resize-19.

    ```mlir
    %1 = nn.resample %0, %positions, %weights axis 2
           : (tensor<1x3x8x8xf32>, tensor<16x2xi64>, tensor<16x2xf32>)
           -> tensor<1x3x16x8xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, NN_IndexTensor:$positions,
                       NN_FloatTensor:$weights, I64Attr:$axis);
  let assemblyFormat = [{
    $x `,` $positions `,` $weights `axis` $axis attr-dict `:`
    functional-type(operands, results)
  }];
}

def NN_CumulateOp : NN_InferredOp<"cumulate"> {
  let summary = "Running sums or products";
  let description = [{
    y[…, i, …] is the `sum` or product (`prod`) of x[…, 0…i, …] along dimension
    `axis` (not negative); with `exclusive`, without element i; with `reverse`,
    from the other end. Integers wrap. Source: ONNX CumSum-14, CumProd-26.

    ```mlir
    %1 = nn.cumulate sum %0 axis 1 : (tensor<1x10xf32>) -> tensor<1x10xf32>
    ```
  }];
  let arguments = (ins NN_NumberTensor:$x, StrAttr:$kind, I64Attr:$axis,
                       DefaultValuedAttr<BoolAttr, "false">:$exclusive,
                       DefaultValuedAttr<BoolAttr, "false">:$reverse);
  let assemblyFormat = [{
    custom<Keyword>($kind) $x `axis` $axis (`exclusive` $exclusive^)?
    (`reverse` $reverse^)? attr-dict `:` functional-type(operands, results)
  }];
}

#endif // CIM_DIALECTS_NN_NNINDEXOPS_TD
