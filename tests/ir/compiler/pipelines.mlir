// The stages as named pipelines, one after the other.
// RUN: cim-opt %s --cim-nn | FileCheck %s --check-prefix=NN
// RUN: cim-opt %s --cim-nn --cim-cim | FileCheck %s --check-prefix=CIM
// RUN: cim-opt %s --cim-nn --cim-cim --cim-perturbed='quantize=5 noise=normal:0.25qs write-verify=1uS correlated=die=1uS shift=+1/64qs read-disturb=1qs faults=low=0.1' | FileCheck %s --check-prefix=PERTURBED
// RUN: cim-opt %s --cim-nn --cim-cim --cim-perturbed='quantize=5 layers=role:C2' --cim-mapped | FileCheck %s --check-prefix=SOME
// RUN: cim-opt %s --cim-nn='fold-batch-norm' | FileCheck %s --check-prefix=FOLDED
// RUN: cim-opt %s --cim-nn --mlir-print-ir-after-all 2>&1 >/dev/null | FileCheck %s --check-prefix=DUMP
// RUN: not cim-opt %s --cim-nn --cim-cim --cim-perturbed='noise=normal:1' 2>&1 | FileCheck %s --check-prefix=UNIT
// RUN: not cim-opt %s --cim-nn --cim-cim --cim-perturbed='noise=normal:1ns layers=conv9' 2>&1 | FileCheck %s --check-prefix=NAME

// Folded, but every layer where it was.
// NN-NOT: cim.layer
// NN: nn.conv
// NN: nn.batch_norm
// NN-NOT: nn.transpose
// NN: nn.matmul

// FOLDED: nn.conv
// FOLDED-NOT: nn.batch_norm
// FOLDED: nn.relu

// CIM: cim.layer @conv1 index 0
// CIM-SAME: role C1
// CIM: cim.layer @conv2 index 1
// CIM-SAME: role C2
// CIM: cim.layer @fc index 2
// CIM-NOT: nn.conv
// CIM: cim.conv {{.*}} on @conv1
// CIM: cim.conv {{.*}} on @conv2
// CIM: cim.matmul {{.*}} on @fc

// PERTURBED: cim.layer @conv1
// PERTURBED-NEXT: cim.load
// PERTURBED-NEXT: cim.quantize
// PERTURBED-NEXT: cim.noise
// PERTURBED-NEXT: cim.verify
// PERTURBED-NEXT: cim.correlated
// PERTURBED-NEXT: cim.shift
// PERTURBED-NEXT: cim.read_disturb
// PERTURBED-NEXT: cim.faults
// PERTURBED-NEXT: cim.write

// SOME: cim.layer @conv1
// SOME-NEXT: cim.load
// SOME-NEXT: cim.write
// SOME: cim.layer @conv2
// SOME-NEXT: cim.load
// SOME-NEXT: cim.quantize

// DUMP: IR Dump After SimplifyNetwork

// UNIT: error: noise 'normal:1'
// NAME: error: layers 'conv9'
// NAME-SAME: did you mean

func.func @main(%x: tensor<1x2x1x1xf32>) -> tensor<1x3xf32> {
  %w1 = nn.constant dense<0.5> : tensor<2x2x1x1xf32> loc("conv1.weight")
  %w2 = nn.constant dense<0.25> : tensor<2x2x1x1xf32> loc("conv2.weight")
  %fc = nn.constant dense<[[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]> : tensor<3x2xf32> loc("fc.weight")
  %s = nn.constant dense<1.0> : tensor<2xf32> loc("bn.scale")
  %b = nn.constant dense<0.0> : tensor<2xf32> loc("bn.bias")
  %1 = nn.conv %x, %w1 : (tensor<1x2x1x1xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %2 = nn.batch_norm %1, %s, %b, %b, %s epsilon 1.0e-5 : (tensor<1x2x1x1xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x1x1xf32>
  %3 = nn.relu %2 : tensor<1x2x1x1xf32>
  %4 = nn.conv %3, %w2 : (tensor<1x2x1x1xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %5 = nn.add %4, %x : tensor<1x2x1x1xf32>
  %6 = nn.reshape %5 : tensor<1x2x1x1xf32> -> tensor<1x2xf32>
  %t = nn.transpose %fc permutation [1, 0] : (tensor<3x2xf32>) -> tensor<2x3xf32>
  %7 = nn.matmul %6, %t : (tensor<1x2xf32>, tensor<2x3xf32>) -> tensor<1x3xf32>
  return %7 : tensor<1x3xf32>
}
