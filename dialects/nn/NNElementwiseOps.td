//===- NNElementwiseOps.td - Element by element -------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_NNELEMENTWISEOPS_TD
#define CIM_DIALECTS_NN_NNELEMENTWISEOPS_TD

include "dialects/nn/NNDialect.td"

//===----------------------------------------------------------------------===//
// Functions of one element
//===----------------------------------------------------------------------===//

def NN_ReluOp : NN_Unary<"relu", NN_NumberTensor> {
  let summary = "Rectified linear unit";
  let description = [{
    y = max(x, 0). NaN stays NaN. Source: ONNX Relu-14.

    ```mlir
    %1 = nn.relu %0 : tensor<1x16x32x32xf32>
    ```
  }];
  let hasFolder = 1;
}

def NN_LeakyReluOp : NN_Op<"leaky_relu", [SameOperandsAndResultType, Elementwise]> {
  let summary = "Rectified linear unit with a slope below zero";
  let description = [{
    y = x for x ≥ 0, alpha·x below. Source: ONNX LeakyRelu-16.

    ```mlir
    %1 = nn.leaky_relu %0 alpha 0.1 : tensor<1x16x32x32xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, F64Attr:$alpha);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$x `alpha` $alpha attr-dict `:` type($x)";
}

def NN_ClipOp : NN_Op<"clip", [SameOperandsAndResultType, Elementwise]> {
  let summary = "Limit to an interval";
  let description = [{
    y = min(max(x, lowest), highest); a bound that is absent is infinite. With
    lowest > highest, every result is highest. Source: ONNX Clip-13.

    ```mlir
    %1 = nn.clip %0 lowest 0.0 highest 6.0 : tensor<1x16x32x32xf32>
    ```
  }];
  let arguments = (ins
    NN_NumberTensor:$x,
    DefaultValuedAttr<F64Attr, "-::std::numeric_limits<double>::infinity()">:$lowest,
    DefaultValuedAttr<F64Attr, "::std::numeric_limits<double>::infinity()">:$highest);
  let results = (outs NN_NumberTensor:$result);
  let assemblyFormat = [{
    $x (`lowest` $lowest^)? (`highest` $highest^)? attr-dict `:` type($x)
  }];
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
  let hasVerifier = 1;
}

def NN_SigmoidOp : NN_Unary<"sigmoid"> {
  let summary = "Logistic function";
  let description = [{
    y = 1 / (1 + e^−x). Source: ONNX Sigmoid-13.

    ```mlir
    %1 = nn.sigmoid %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_TanhOp : NN_Unary<"tanh"> {
  let summary = "Hyperbolic tangent";
  let description = [{
    y = tanh x. Source: ONNX Tanh-13.

    ```mlir
    %1 = nn.tanh %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_ExpOp : NN_Unary<"exp"> {
  let summary = "Exponential";
  let description = [{
    y = e^x. Source: ONNX Exp-13.

    ```mlir
    %1 = nn.exp %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_LogOp : NN_Unary<"log"> {
  let summary = "Natural logarithm";
  let description = [{
    y = ln x; NaN below zero, −∞ at zero. Source: ONNX Log-13.

    ```mlir
    %1 = nn.log %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_SqrtOp : NN_Unary<"sqrt"> {
  let summary = "Square root";
  let description = [{
    y = √x; NaN below zero. Source: ONNX Sqrt-13.

    ```mlir
    %1 = nn.sqrt %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_AbsOp : NN_Unary<"abs", NN_NumberTensor> {
  let summary = "Absolute value";
  let description = [{
    y = |x|. Source: ONNX Abs-13.

    ```mlir
    %1 = nn.abs %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_NegOp : NN_Unary<"neg", NN_NumberTensor> {
  let summary = "Negation";
  let description = [{
    y = −x. Source: ONNX Neg-13.

    ```mlir
    %1 = nn.neg %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_FloorOp : NN_Unary<"floor"> {
  let summary = "Largest integer that is not greater";
  let description = [{
    y = ⌊x⌋. Source: ONNX Floor-13.

    ```mlir
    %1 = nn.floor %0 : tensor<4xf32>
    ```
  }];
}

def NN_CeilOp : NN_Unary<"ceil"> {
  let summary = "Smallest integer that is not less";
  let description = [{
    y = ⌈x⌉. Source: ONNX Ceil-13.

    ```mlir
    %1 = nn.ceil %0 : tensor<4xf32>
    ```
  }];
}

def NN_SinOp : NN_Unary<"sin"> {
  let summary = "Sine";
  let description = [{
    y = sin x. Source: ONNX Sin-22.

    ```mlir
    %1 = nn.sin %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_CosOp : NN_Unary<"cos"> {
  let summary = "Cosine";
  let description = [{
    y = cos x. Source: ONNX Cos-22.

    ```mlir
    %1 = nn.cos %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_TanOp : NN_Unary<"tan"> {
  let summary = "Tangent";
  let description = [{
    y = tan x. Source: ONNX Tan-22.

    ```mlir
    %1 = nn.tan %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_AsinOp : NN_Unary<"asin"> {
  let summary = "Inverse sine";
  let description = [{
    y = arcsin x; NaN outside of −1 to 1. Source: ONNX Asin-22.

    ```mlir
    %1 = nn.asin %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_AcosOp : NN_Unary<"acos"> {
  let summary = "Inverse cosine";
  let description = [{
    y = arccos x; NaN outside of −1 to 1. Source: ONNX Acos-22.

    ```mlir
    %1 = nn.acos %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_AtanOp : NN_Unary<"atan"> {
  let summary = "Inverse tangent";
  let description = [{
    y = arctan x. Source: ONNX Atan-22.

    ```mlir
    %1 = nn.atan %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_SinhOp : NN_Unary<"sinh"> {
  let summary = "Hyperbolic sine";
  let description = [{
    y = sinh x. Source: ONNX Sinh-22.

    ```mlir
    %1 = nn.sinh %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_CoshOp : NN_Unary<"cosh"> {
  let summary = "Hyperbolic cosine";
  let description = [{
    y = cosh x. Source: ONNX Cosh-22.

    ```mlir
    %1 = nn.cosh %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_AsinhOp : NN_Unary<"asinh"> {
  let summary = "Inverse hyperbolic sine";
  let description = [{
    y = arsinh x. Source: ONNX Asinh-22.

    ```mlir
    %1 = nn.asinh %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_AcoshOp : NN_Unary<"acosh"> {
  let summary = "Inverse hyperbolic cosine";
  let description = [{
    y = arcosh x; NaN below 1. Source: ONNX Acosh-22.

    ```mlir
    %1 = nn.acosh %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_AtanhOp : NN_Unary<"atanh"> {
  let summary = "Inverse hyperbolic tangent";
  let description = [{
    y = artanh x; NaN outside of −1 to 1. Source: ONNX Atanh-22.

    ```mlir
    %1 = nn.atanh %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_RoundOp : NN_Unary<"round"> {
  let summary = "Nearest integer";
  let description = [{
    The integer nearest to x; of two the even one. Source: ONNX Round-22.

    ```mlir
    %1 = nn.round %0 : tensor<4xf32>
    ```
  }];
}

def NN_ErfOp : NN_Unary<"erf"> {
  let summary = "Error function";
  let description = [{
    y = 2/√π · ∫₀ˣ e^(−t²) dt. Source: ONNX Erf-13.

    ```mlir
    %1 = nn.erf %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_ReciprocalOp : NN_Unary<"reciprocal"> {
  let summary = "Reciprocal";
  let description = [{
    y = 1/x. Source: ONNX Reciprocal-13.

    ```mlir
    %1 = nn.reciprocal %0 : tensor<1x10xf32>
    ```
  }];
}

def NN_NotOp : NN_Unary<"not", NN_LogicTensor> {
  let summary = "Logical negation, or that of every bit";
  let description = [{
    y = ¬x; of integers, bit by bit. Source: ONNX Not-1, BitwiseNot-18.

    ```mlir
    %1 = nn.not %0 : tensor<4xi1>
    ```
  }];
}

//===----------------------------------------------------------------------===//
// Functions of two elements
//===----------------------------------------------------------------------===//

def NN_AddOp : NN_Binary<"add", NN_NumberTensor, [Commutative]> {
  let summary = "Sum of two tensors";
  let description = [{
    y = a + b, broadcast as in NumPy. Integers wrap. Source: ONNX Add-14.

    ```mlir
    %1 = nn.add %a, %b : tensor<1x16x32x32xf32>
    %2 = nn.add %a, %c : (tensor<1x16x32x32xf32>, tensor<16x1x1xf32>) -> tensor<1x16x32x32xf32>
    ```
  }];
}

def NN_SubOp : NN_Binary<"sub"> {
  let summary = "Difference of two tensors";
  let description = [{
    y = a − b, broadcast as in NumPy. Integers wrap. Source: ONNX Sub-14.

    ```mlir
    %1 = nn.sub %a, %b : tensor<1x16x32x32xf32>
    ```
  }];
}

def NN_MulOp : NN_Binary<"mul", NN_NumberTensor, [Commutative]> {
  let summary = "Product of two tensors, element by element";
  let description = [{
    y = a · b, broadcast as in NumPy. Integers wrap. Source: ONNX Mul-14.

    ```mlir
    %1 = nn.mul %a, %b : tensor<1x16x32x32xf32>
    ```
  }];
}

def NN_DivOp : NN_Binary<"div"> {
  let summary = "Quotient of two tensors";
  let description = [{
    y = a / b, broadcast as in NumPy. Integers are divided towards zero; an
    integer divided by zero is 0, as ONNX leaves it undefined.
    Source: ONNX Div-14.

    ```mlir
    %1 = nn.div %a, %b : tensor<1x16x32x32xf32>
    ```
  }];
}

def NN_PowOp : NN_Binary<"pow"> {
  let summary = "Power";
  let description = [{
    y = a^b, broadcast as in NumPy; both of one element type (the importer casts
    the exponent). Source: ONNX Pow-15.

    ```mlir
    %1 = nn.pow %a, %b : (tensor<1x10xf32>, tensor<f32>) -> tensor<1x10xf32>
    ```
  }];
}

def NN_MinOp : NN_Binary<"min", NN_NumberTensor, [Commutative]> {
  let summary = "The lesser of two elements";
  let description = [{
    y = min(a, b), broadcast as in NumPy; NaN where either is. ONNX's Min of
    many operands is a chain of these. Source: ONNX Min-13.

    ```mlir
    %1 = nn.min %a, %b : tensor<1x10xf32>
    ```
  }];
}

def NN_MaxOp : NN_Binary<"max", NN_NumberTensor, [Commutative]> {
  let summary = "The greater of two elements";
  let description = [{
    y = max(a, b), broadcast as in NumPy; NaN where either is. ONNX's Max of
    many operands is a chain of these. Source: ONNX Max-13.

    ```mlir
    %1 = nn.max %a, %b : tensor<1x10xf32>
    ```
  }];
}

def NN_ModOp : NN_Binary<"mod"> {
  let summary = "Remainder";
  let description = [{
    The remainder of a / b, broadcast as in NumPy. Of integers, with the sign of
    the divisor (ONNX fmod = 0); a remainder of division by zero is 0. Of
    floating-point numbers, with the sign of the dividend (ONNX fmod = 1, which
    it demands for them). Source: ONNX Mod-13.

    ```mlir
    %1 = nn.mod %a, %b : tensor<4xi64>
    ```
  }];
}

def NN_EqualOp : NN_Binary<"equal", NN_Tensor, [Commutative]> {
  let summary = "Whether two elements are equal";
  let description = [{
    y = (a = b), broadcast as in NumPy. Source: ONNX Equal-13.

    ```mlir
    %1 = nn.equal %a, %b : (tensor<4xi64>, tensor<4xi64>) -> tensor<4xi1>
    ```
  }];
}

def NN_LessOp : NN_Binary<"less"> {
  let summary = "Whether one element is less than another";
  let description = [{
    y = (a < b), broadcast as in NumPy. Source: ONNX Less-13.

    ```mlir
    %1 = nn.less %a, %b : (tensor<4xi64>, tensor<i64>) -> tensor<4xi1>
    ```
  }];
}

def NN_GreaterOp : NN_Binary<"greater"> {
  let summary = "Whether one element is greater than another";
  let description = [{
    y = (a > b), broadcast as in NumPy. Source: ONNX Greater-13.

    ```mlir
    %1 = nn.greater %a, %b : (tensor<4xi64>, tensor<i64>) -> tensor<4xi1>
    ```
  }];
}

def NN_AndOp : NN_Binary<"and", NN_LogicTensor, [Commutative]> {
  let summary = "Logical and, also of every bit";
  let description = [{
    y = a ∧ b, broadcast as in NumPy; of integers, bit by bit.
    Source: ONNX And-7, BitwiseAnd-18.

    ```mlir
    %1 = nn.and %a, %b : tensor<4xi1>
    ```
  }];
}

def NN_OrOp : NN_Binary<"or", NN_LogicTensor, [Commutative]> {
  let summary = "Logical or, also of every bit";
  let description = [{
    y = a ∨ b, broadcast as in NumPy; of integers, bit by bit.
    Source: ONNX Or-7, BitwiseOr-18.

    ```mlir
    %1 = nn.or %a, %b : tensor<4xi1>
    ```
  }];
}

//===----------------------------------------------------------------------===//
// Others
//===----------------------------------------------------------------------===//

def NN_WhereOp : NN_InferredOp<"where"> {
  let summary = "Choose between two elements";
  let description = [{
    y = condition ? a : b; all three broadcast as in NumPy. Source: ONNX Where-16.

    ```mlir
    %1 = nn.where %c, %a, %b : (tensor<4xi1>, tensor<4xi64>, tensor<i64>) -> tensor<4xi64>
    ```
  }];
  let arguments = (ins NN_BoolTensor:$condition, NN_Tensor:$a, NN_Tensor:$b);
  let assemblyFormat = [{
    $condition `,` $a `,` $b attr-dict `:` functional-type(operands, results)
  }];
}

def NN_CastOp : NN_Op<"cast", [SameOperandsAndResultShape, Elementwise]> {
  let summary = "Convert to another element type";
  let description = [{
    The same numbers in the result's element type. Floating-point numbers become
    integers by truncation towards zero; to booleans, whatever is not zero is
    true; a number that an integer type cannot hold wraps.
    Source: ONNX Cast-13.

    ```mlir
    %1 = nn.cast %0 : tensor<4xi64> -> tensor<4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasFolder = 1;
}

#endif // CIM_DIALECTS_NN_NNELEMENTWISEOPS_TD
