//===- LowerNNToCim.td - lower-nn-to-cim -------------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_LOWER_NN_TO_CIM_LOWERNNTOCIM_TD
#define CIM_PASSES_LOWER_NN_TO_CIM_LOWERNNTOCIM_TD

include "mlir/Pass/PassBase.td"

def LowerNNToCim : Pass<"lower-nn-to-cim", "::mlir::ModuleOp"> {
  let summary = "Put weights on crossbars";
  let description = [{
    Makes a crossbar layer of the weights of every convolution and fully
    connected layer: `nn.conv` with constant weights, `nn.gemm` and `nn.matmul`
    with a constant matrix as right operand. Biases stay digital. What stays
    digital although a constant takes part in it (a constant left operand, a
    stack of matrices, weights in f64 or computed from constants) gets a remark.

    One initializer used by several operations is one layer, with the channel
    axis of its first use. Layers are indexed in the order of first use.

    A layer is called after its initializer, cut before `.weight` if that
    occurs; when the initializer is anonymous (no name, digits only, or a name
    beginning with `onnx::`), after the node. If a name is taken, `.2`, `.3`, …
    follows it.

    Constant subgraphs must be folded before (`simplify-network`).

    Before:
    ```mlir
    func.func @main(%x: tensor<1x3x32x32xf32>) -> tensor<1x16x32x32xf32> {
      %w = nn.constant dense_resource<conv1.weight> : tensor<16x3x3x3xf32> loc("conv1.weight")
      %1 = nn.conv %x, %w pads [1, 1, 1, 1]
             : (tensor<1x3x32x32xf32>, tensor<16x3x3x3xf32>) -> tensor<1x16x32x32xf32>
      return %1 : tensor<1x16x32x32xf32>
    }
    ```

    After:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      cim.write %0 : tensor<16x3x3x3xf32>
    }
    func.func @main(%x: tensor<1x3x32x32xf32>) -> tensor<1x16x32x32xf32> {
      %1 = cim.conv %x on @conv1 pads [1, 1, 1, 1]
             : (tensor<1x3x32x32xf32>) -> tensor<1x16x32x32xf32>
      return %1 : tensor<1x16x32x32xf32>
    }
    ```
  }];
  let dependentDialects = ["::cim::crossbar::CimDialect"];
}

#endif // CIM_PASSES_LOWER_NN_TO_CIM_LOWERNNTOCIM_TD
