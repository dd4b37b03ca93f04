//===- FoldBatchNorm.td - fold-batch-norm -------------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_FOLD_BATCH_NORM_FOLDBATCHNORM_TD
#define CIM_PASSES_FOLD_BATCH_NORM_FOLDBATCHNORM_TD

include "mlir/Pass/PassBase.td"

def FoldBatchNorm : Pass<"fold-batch-norm"> {
  let summary = "Fold batch normalisation into the convolution before it";
  let description = [{
    With s = scale / √(variance + epsilon), the normalised result of a
    convolution is again a convolution, with weights W·s and bias
    (b − mean)·s + bias, per output channel. The weights keep their name.

    This is never done unasked: it changes the range of the weights that are
    written to a crossbar, and with it the size of every error that is measured
    in quantization steps or in fractions of the range.

    A batch normalisation stays, with a remark that says why, when its input is
    not a convolution, when others use the convolution's result, when something
    that would be scaled is not constant, or when it cannot be computed: its
    bytes are missing, or memory for constants is exhausted. A warning says so
    when there is nothing that could be folded.

    Before:
    ```mlir
    %0 = nn.conv %x, %w : (tensor<1x3x8x8xf32>, tensor<2x3x1x1xf32>) -> tensor<1x2x8x8xf32>
    %1 = nn.batch_norm %0, %scale, %bias, %mean, %variance epsilon 1.0e-5
           : (tensor<1x2x8x8xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
           -> tensor<1x2x8x8xf32>
    ```

    After, %v and %b being constants:
    ```mlir
    %0 = nn.conv %x, %v, %b
           : (tensor<1x3x8x8xf32>, tensor<2x3x1x1xf32>, tensor<2xf32>) -> tensor<1x2x8x8xf32>
    ```
  }];
}

#endif // CIM_PASSES_FOLD_BATCH_NORM_FOLDBATCHNORM_TD
