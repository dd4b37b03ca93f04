//===- AnnotateRoles.td - annotate-roles -------------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_ANNOTATE_ROLES_ANNOTATEROLES_TD
#define CIM_PASSES_ANNOTATE_ROLES_ANNOTATEROLES_TD

include "mlir/Pass/PassBase.td"

def AnnotateRoles : Pass<"annotate-roles", "::mlir::ModuleOp"> {
  let summary = "Mark the places of layers in residual blocks";
  let description = [{
    Writes on every crossbar layer the role that the analysis ResidualRoles
    finds for it in the graph, and removes a role that it does not find: C1 and
    C2 in blocks of two convolutions with an identity shortcut, B1 to B3 in
    those of three, P1 to P3 where the shortcut changes the value, and S for a
    convolution on the shortcut. Names of layers play no part.

    Before:
    ```mlir
    cim.layer @a index 0 channel_axis 0 : tensor<16x16x3x3xf32> {…}
    cim.layer @b index 1 channel_axis 0 : tensor<16x16x3x3xf32> {…}
    func.func @main(%x: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
      %0 = cim.conv %x on @a pads [1, 1, 1, 1] : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
      %1 = nn.relu %0 : tensor<1x16x8x8xf32>
      %2 = cim.conv %1 on @b pads [1, 1, 1, 1] : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
      %3 = nn.add %2, %x : tensor<1x16x8x8xf32>
      return %3 : tensor<1x16x8x8xf32>
    }
    ```

    After, the function as before:
    ```mlir
    cim.layer @a index 0 channel_axis 0 role C1 : tensor<16x16x3x3xf32> {…}
    cim.layer @b index 1 channel_axis 0 role C2 : tensor<16x16x3x3xf32> {…}
    ```
  }];
}

#endif // CIM_PASSES_ANNOTATE_ROLES_ANNOTATEROLES_TD
