//===- NNLayerOps.td - Layers, pooling, normalisation -------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_NNLAYEROPS_TD
#define CIM_DIALECTS_NN_NNLAYEROPS_TD

include "dialects/nn/NNDialect.td"

//===----------------------------------------------------------------------===//
// Layers with weights
//===----------------------------------------------------------------------===//

def NN_ConvOp : NN_InferredOp<"conv"> {
  let summary = "Convolution";
  let description = [{
    y[n, m, o] = bias[m] + Σ_c Σ_k x[n, g·C/groups + c, o·stride + k·dilation − pad] · weights[m, c, k]

    with o and k running over one, two or three spatial dimensions, c over the
    C/groups channels of a group, and g = ⌊m / (M/groups)⌋ the group of output
    channel m; x is zero outside of the image. Per spatial dimension the result
    has ⌊(X + pads − dilation·(K − 1) − 1)/stride⌋ + 1 positions. `pads` holds
    all begins, then all ends; they are not negative.

    x: [N, C, X…], weights: [M, C/groups, K…], bias: [M], result: [N, M, Y…].
    In the text, strides, dilations and groups of 1 and pads of 0 are left out.
    Source: ONNX Conv-22; auto_pad is resolved by the importer.

    ```mlir
    %1 = nn.conv %x, %w, %b strides [2, 2] pads [1, 1, 1, 1]
           : (tensor<1x16x32x32xf32>, tensor<32x16x3x3xf32>, tensor<32xf32>)
           -> tensor<1x32x16x16xf32>
    ```
  }];
  let arguments = (ins
    NN_FloatTensor:$x, NN_FloatTensor:$weights, Optional<NN_FloatTensor>:$bias,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
    DefaultValuedAttr<I64Attr, "1">:$groups);
  let hasCustomAssemblyFormat = 1;
}

def NN_GemmOp : NN_InferredOp<"gemm"> {
  let summary = "Fully connected layer";
  let description = [{
    y = alpha · A′B′ + beta · c, where A′ is a or, with `transpose_a`, its
    transpose, and B′ likewise.

    A′: [M, K], B′: [K, N], c broadcasts to the result, [M, N].
    Source: ONNX Gemm-13.

    ```mlir
    %1 = nn.gemm %x, %w, %b transpose_b true
           : (tensor<1x64xf32>, tensor<10x64xf32>, tensor<10xf32>) -> tensor<1x10xf32>
    ```
  }];
  let arguments = (ins
    NN_FloatTensor:$a, NN_FloatTensor:$b, Optional<NN_FloatTensor>:$c,
    DefaultValuedAttr<F64Attr, "1.0">:$alpha, DefaultValuedAttr<F64Attr, "1.0">:$beta,
    DefaultValuedAttr<BoolAttr, "false">:$transpose_a,
    DefaultValuedAttr<BoolAttr, "false">:$transpose_b);
  let assemblyFormat = [{
    operands (`alpha` $alpha^)? (`beta` $beta^)? (`transpose_a` $transpose_a^)?
    (`transpose_b` $transpose_b^)? attr-dict `:` functional-type(operands, results)
  }];
}

def NN_MatmulOp : NN_InferredOp<"matmul"> {
  let summary = "Product of matrices";
  let description = [{
    y[…, m, n] = Σ_k a[…, m, k] · b[…, k, n], as NumPy's matmul: leading
    dimensions broadcast; an operand of one dimension is a row (a) or a column
    (b), and its dimension of extent 1 is left out of the result.
    Source: ONNX MatMul-13.

    ```mlir
    %1 = nn.matmul %a, %b : (tensor<1x8x64xf32>, tensor<64x10xf32>) -> tensor<1x8x10xf32>
    ```
  }];
  let arguments = (ins NN_NumberTensor:$a, NN_NumberTensor:$b);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

//===----------------------------------------------------------------------===//
// Normalisation
//===----------------------------------------------------------------------===//

def NN_BatchNormOp : NN_InferredOp<"batch_norm"> {
  let summary = "Batch normalisation with fixed statistics";
  let description = [{
    y = scale[c] · (x − mean[c]) / √(variance[c] + epsilon) + bias[c], c the
    channel (dimension 1).

    x: [N, C, …]; scale, bias, mean, variance: [C].
    Source: ONNX BatchNormalization-15, inference mode.

    ```mlir
    %1 = nn.batch_norm %x, %scale, %bias, %mean, %variance epsilon 1.0e-5
           : (tensor<1x2x8x8xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
           -> tensor<1x2x8x8xf32>
    ```
  }];
  let arguments = (ins
    NN_FloatTensor:$x, NN_FloatTensor:$scale, NN_FloatTensor:$bias,
    NN_FloatTensor:$mean, NN_FloatTensor:$variance, F64Attr:$epsilon);
  let assemblyFormat = [{
    operands `epsilon` $epsilon attr-dict `:` functional-type(operands, results)
  }];
}

def NN_LrnOp : NN_Op<"lrn", [SameOperandsAndResultType]> {
  let summary = "Local response normalisation across channels";
  let description = [{
    y[n, c] = x[n, c] / (bias + alpha/size · Σ_i x[n, i]²)^beta, i running over
    the channels from c − ⌊(size − 1)/2⌋ to c + ⌈(size − 1)/2⌉ that exist; the
    divisor is `size` at the edges too. x: [N, C, …]. Source: ONNX LRN-13.

    ```mlir
    %1 = nn.lrn %0 size 5 alpha 1.0e-4 beta 0.75 bias 1.0 : tensor<1x96x54x54xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, I64Attr:$size, F64Attr:$alpha,
                       F64Attr:$beta, F64Attr:$bias);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{
    $x `size` $size `alpha` $alpha `beta` $beta `bias` $bias attr-dict `:` type($x)
  }];
  let hasVerifier = 1;
}

def NN_SoftmaxOp : NN_Op<"softmax", [SameOperandsAndResultType]> {
  let summary = "Softmax";
  let description = [{
    y = e^x / Σ e^x, the sum running along dimension `axis` (which is not
    negative). Source: ONNX Softmax-13; the flattening of older opsets is a pair
    of reshapes.

    ```mlir
    %1 = nn.softmax %0 axis 1 : tensor<1x10xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, I64Attr:$axis);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$x `axis` $axis attr-dict `:` type($x)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Pooling and reduction
//===----------------------------------------------------------------------===//

// A window that slides over the spatial dimensions, each channel by itself.
class NN_Pool<string mnemonic, dag more = (ins), Type type = NN_FloatTensor>
    : NN_InferredOp<mnemonic> {
  let arguments = !con((ins
    type:$x, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
    DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
    DefaultValuedAttr<BoolAttr, "false">:$ceil_mode), more);
  let hasCustomAssemblyFormat = 1;
}

def NN_MaxPoolOp : NN_Pool<"max_pool", (ins), NN_NumberTensor> {
  let summary = "Largest value in a window";
  let description = [{
    y[n, c, o] = max over k of x[n, c, o·stride + k·dilation − pad], positions
    outside of the image left out. Per spatial dimension the result has
    ⌊(X + pads − dilation·(K − 1) − 1)/stride⌋ + 1 positions; with `ceil_mode`
    ⌈…⌉ instead, less those whose window would start behind the begin padding
    and the image.

    x: [N, C, X…] with one to three spatial dimensions. In the text, strides and
    dilations of 1 and pads of 0 are left out. Source: ONNX MaxPool-22; its
    Indices are `max_pool_indices`.

    ```mlir
    %1 = nn.max_pool %0 kernel [3, 3] strides [2, 2] pads [1, 1, 1, 1]
           : (tensor<1x64x112x112xf32>) -> tensor<1x64x56x56xf32>
    ```
  }];
}

def NN_MaxPoolIndicesOp : NN_Pool<"max_pool_indices",
    (ins DefaultValuedAttr<BoolAttr, "false">:$column_major), NN_NumberTensor> {
  let summary = "Where the largest value in a window stands";
  let description = [{
    The place of the element that `max_pool` chooses with the same attributes,
    the first of equal ones: its index, i64, into the elements of x in row-major
    order or, with `column_major`, with the spatial dimensions of each channel
    in the opposite order. Source: ONNX MaxPool-22, Indices.

    ```mlir
    %1 = nn.max_pool_indices %0 kernel [2, 2] strides [2, 2]
           : (tensor<1x64x56x56xf32>) -> tensor<1x64x28x28xi64>
    ```
  }];
}

def NN_SumPoolOp : NN_Pool<"sum_pool"> {
  let summary = "Sum over a window";
  let description = [{
    As `max_pool`, with the sum over the positions of the window that lie inside
    the image. Source: ONNX LpPool-22, which is a power of the sum of powers.

    ```mlir
    %1 = nn.sum_pool %0 kernel [2, 2] strides [2, 2]
           : (tensor<1x64x56x56xf32>) -> tensor<1x64x28x28xf32>
    ```
  }];
}

def NN_AveragePoolOp : NN_Pool<"average_pool",
    (ins DefaultValuedAttr<BoolAttr, "false">:$count_include_pad)> {
  let summary = "Mean over a window";
  let description = [{
    As `max_pool`, with the mean over the positions of the window inside the
    image or, with `count_include_pad`, inside the padded image, padding counted
    as zeros. Positions beyond the padded image, which `ceil_mode` may reach,
    never count. Source: ONNX AveragePool-22.

    ```mlir
    %1 = nn.average_pool %0 kernel [2, 2] strides [2, 2]
           : (tensor<1x64x56x56xf32>) -> tensor<1x64x28x28xf32>
    ```
  }];
}

def NN_GlobalAveragePoolOp : NN_InferredOp<"global_average_pool"> {
  let summary = "Mean over all spatial positions";
  let description = [{
    y[n, c, 0…] = mean of x[n, c, …]. Source: ONNX GlobalAveragePool-22.

    ```mlir
    %1 = nn.global_average_pool %0 : (tensor<1x64x8x8xf32>) -> tensor<1x64x1x1xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
}

def NN_ReduceOp : NN_InferredOp<"reduce"> {
  let summary = "Reduce dimensions to one number";
  let description = [{
    The `mean`, `sum`, `max`, `min` or product (`prod`) over the dimensions
    `axes` (ascending, not negative), which become 1 or, without
    `keep_dimensions`, vanish. An empty list of axes reduces nothing.
    The mean over all spatial dimensions of a feature map becomes a
    `global_average_pool`. Source: ONNX ReduceMean-18, ReduceSum-13,
    ReduceMax-20, …

    ```mlir
    %1 = nn.reduce mean %0 axes [2, 3] : (tensor<1x64x8x8xf32>) -> tensor<1x64x1x1xf32>
    ```
  }];
  let arguments = (ins
    NN_NumberTensor:$x, StrAttr:$kind, DenseI64ArrayAttr:$axes,
    DefaultValuedAttr<BoolAttr, "true">:$keep_dimensions);
  let assemblyFormat = [{
    custom<Keyword>($kind) $x `axes` $axes (`keep_dimensions` $keep_dimensions^)?
    attr-dict `:` functional-type(operands, results)
  }];
  let hasCanonicalizeMethod = 1;
}

#endif // CIM_DIALECTS_NN_NNLAYEROPS_TD
