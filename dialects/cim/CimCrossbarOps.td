//===- CimCrossbarOps.td - Computing with crossbars ---------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The operations of the forward program whose weights stand on crossbars.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_CIMCROSSBAROPS_TD
#define CIM_DIALECTS_CIM_CIMCROSSBAROPS_TD

include "dialects/cim/CimDialect.td"
include "dialects/cim/CimInterfaces.td"
include "dialects/nn/NNDialect.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

// The nn operation of the same mnemonic, with `layer` in the place of its weight
// operand: same attributes, same meaning, same checks.
class Cim_CrossbarOp<string mnemonic> : Op<Cim_Dialect, mnemonic, [
    Pure, DeclareOpInterfaceMethods<CrossbarOpInterface>,
    DeclareOpInterfaceMethods<ImageWiseOpInterface>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let results = (outs NN_FloatTensor:$result);
}

def Cim_ConvOp : Cim_CrossbarOp<"conv"> {
  let summary = "Convolution with weights on crossbars";
  let description = [{
    `nn.conv` with the weights that `layer` writes. The bias is digital. In the
    text, strides, dilations and groups of 1 and pads of 0 are left out.

    ```mlir
    %1 = cim.conv %x on @conv1 bias %b strides [2, 2] pads [1, 1, 1, 1]
           : (tensor<1x16x32x32xf32>, tensor<32xf32>) -> tensor<1x32x16x16xf32>
    ```
  }];
  let arguments = (ins
    NN_FloatTensor:$x, FlatSymbolRefAttr:$layer, Optional<NN_FloatTensor>:$bias,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
    DefaultValuedAttr<I64Attr, "1">:$groups);
  let hasCustomAssemblyFormat = 1;
}

def Cim_GemmOp : Cim_CrossbarOp<"gemm"> {
  let summary = "Fully connected layer with weights on crossbars";
  let description = [{
    `nn.gemm`, alpha · A′B′ + beta · c, with B the weights that `layer` writes.
    The bias c is digital.

    ```mlir
    %1 = cim.gemm %x on @fc bias %b transpose_b true
           : (tensor<1x64xf32>, tensor<10xf32>) -> tensor<1x10xf32>
    ```
  }];
  let arguments = (ins
    NN_FloatTensor:$a, FlatSymbolRefAttr:$layer, Optional<NN_FloatTensor>:$c,
    DefaultValuedAttr<F64Attr, "1.0">:$alpha, DefaultValuedAttr<F64Attr, "1.0">:$beta,
    DefaultValuedAttr<BoolAttr, "false">:$transpose_a,
    DefaultValuedAttr<BoolAttr, "false">:$transpose_b);
  let assemblyFormat = [{
    $a `on` $layer (`bias` $c^)? (`alpha` $alpha^)? (`beta` $beta^)?
    (`transpose_a` $transpose_a^)? (`transpose_b` $transpose_b^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def Cim_MatmulOp : Cim_CrossbarOp<"matmul"> {
  let summary = "Product with a matrix on crossbars";
  let description = [{
    `nn.matmul`, with b the weights that `layer` writes, a matrix.

    ```mlir
    %1 = cim.matmul %x on @fc : (tensor<1x8x64xf32>) -> tensor<1x8x10xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$a, FlatSymbolRefAttr:$layer);
  let assemblyFormat = [{
    $a `on` $layer attr-dict `:` functional-type(operands, results)
  }];
}

#endif // CIM_DIALECTS_CIM_CIMCROSSBAROPS_TD
