//===- SimplifyNetwork.td - simplify-network ----------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_SIMPLIFY_NETWORK_SIMPLIFYNETWORK_TD
#define CIM_PASSES_SIMPLIFY_NETWORK_SIMPLIFYNETWORK_TD

include "mlir/Pass/PassBase.td"

def SimplifyNetwork : Pass<"simplify-network"> {
  let summary = "Compute what is constant and drop what does nothing";
  let description = [{
    Computes operations of constant operands with the reference, so that the
    subgraphs with which exporters compute shapes disappear, merges and drops
    operations that do nothing, and removes what nobody uses.

    In contrast to MLIR's `canonicalize`, constants stay where they are, with
    the location that names them after their initializer, and are not merged:
    two initializers of equal values are two layers. Weights that are only
    transposed, reshaped or converted keep their name.

    Before:
    ```mlir
    %shape = nn.constant dense<[1, 64]> : tensor<2xi64>
    %two = nn.constant dense<2> : tensor<2xi64>
    %unused = nn.mul %shape, %two : tensor<2xi64>
    %w = nn.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
    %wt = nn.transpose %w permutation [1, 0] : (tensor<1x2xf32>) -> tensor<2x1xf32>
    %1 = nn.reshape %0 : tensor<1x2x1x1xf32> -> tensor<1x1x2xf32>
    %2 = nn.reshape %1 : tensor<1x1x2xf32> -> tensor<1x2xf32>
    %3 = nn.matmul %2, %wt : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
    ```

    After:
    ```mlir
    %wt = nn.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
    %1 = nn.reshape %0 : tensor<1x2x1x1xf32> -> tensor<1x2xf32>
    %2 = nn.matmul %1, %wt : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
    ```
  }];
}

#endif // CIM_PASSES_SIMPLIFY_NETWORK_SIMPLIFYNETWORK_TD
