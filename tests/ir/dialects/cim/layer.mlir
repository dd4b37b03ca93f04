// RUN: cim-opt %s | cim-opt | FileCheck %s
// RUN: cim-opt %s --mlir-print-op-generic | cim-opt | FileCheck %s

// CHECK-LABEL: cim.layer @plain index 0 channel_axis 0 : tensor<2x1x1x2xf32> {
// CHECK-NEXT: %[[W:.*]] = cim.load dense<{{.*}}> : tensor<2x1x1x2xf32>
// CHECK-NEXT: cim.write %[[W]] : tensor<2x1x1x2xf32>
cim.layer @plain index 0 channel_axis 0 : tensor<2x1x1x2xf32> {
  %0 = cim.load dense<[[[[1.0, -2.0]]], [[[0.5, 3.0]]]]> : tensor<2x1x1x2xf32>
  cim.write %0 : tensor<2x1x1x2xf32>
}

// CHECK-LABEL: cim.layer @layer1.0.conv1 index 1 channel_axis 0 role C1
// CHECK-NEXT: %[[W:.*]] = cim.load dense_resource<layer1.0.conv1.weight> : tensor<16x16x3x3xf32>
// CHECK-NEXT: %[[Q:.*]] = cim.quantize %[[W]] bits 5 mode minmax : tensor<16x16x3x3xf32>
// CHECK-NEXT: %[[N:.*]] = cim.noise %[[Q]] normal 0.25 qs : tensor<16x16x3x3xf32>
// CHECK-NEXT: %[[S:.*]] = cim.shift %[[N]] -0.015625 qs : tensor<16x16x3x3xf32>
// CHECK-NEXT: %[[F:.*]] = cim.faults %[[S]] low 0.001 high 0.002 flip 1.0e-05 : tensor<16x16x3x3xf32>
// CHECK-NEXT: cim.write %[[F]] : tensor<16x16x3x3xf32>
cim.layer @layer1.0.conv1 index 1 channel_axis 0 role C1 : tensor<16x16x3x3xf32> {
  %0 = cim.load dense_resource<layer1.0.conv1.weight> : tensor<16x16x3x3xf32>
  %1 = cim.quantize %0 bits 5 mode minmax : tensor<16x16x3x3xf32>
  %2 = cim.noise %1 normal 2.5e-1 qs : tensor<16x16x3x3xf32>
  %3 = cim.shift %2 -1.5625e-2 qs : tensor<16x16x3x3xf32>
  %4 = cim.faults %3 low 1.0e-3 high 2.0e-3 flip 1.0e-5 : tensor<16x16x3x3xf32>
  cim.write %4 : tensor<16x16x3x3xf32>
}

// An index may be missing: the coordinate of random numbers outlives an edit.
// CHECK-LABEL: cim.layer @"blocks/2:fc" index 7 channel_axis 1 role C2
// CHECK: cim.quantize %{{.*}} bits 4 mode percentile 99.9 per_channel : tensor<8x3xf32>
// CHECK: cim.noise %{{.*}} student_t 0.03 ns parameter 4.0 : tensor<8x3xf32>
// CHECK: cim.shift %{{.*}} 0.01 abs level_factors [-1.0, 0.0, 1.5] : tensor<8x3xf32>
// CHECK: cim.faults %{{.*}} high 1.0 : tensor<8x3xf32>
cim.layer @"blocks/2:fc" index 7 channel_axis 1 role C2 : tensor<8x3xf32> {
  %0 = cim.load dense<0.5> : tensor<8x3xf32>
  %1 = cim.quantize %0 bits 4 mode percentile 99.9 per_channel : tensor<8x3xf32>
  %2 = cim.noise %1 student_t 0.03 ns parameter 4.0 : tensor<8x3xf32>
  %3 = cim.shift %2 0.01 abs level_factors [-1.0, 0.0, 1.5] : tensor<8x3xf32>
  %4 = cim.faults %3 high 1.0 : tensor<8x3xf32>
  cim.write %4 : tensor<8x3xf32>
}

// CHECK-LABEL: cim.layer @codebook
// CHECK: cim.quantize %{{.*}} mode levels [-0.5, 0.0, 0.25] : tensor<4x4xf32>
// CHECK: cim.noise %{{.*}} empirical 1.0 qs cdf [0.0, 0.5, 0.5, 1.0] at [-1.0, 0.0, 0.1, 1.0e+20] : tensor<4x4xf32>
cim.layer @codebook index 8 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.quantize %0 mode levels [-0.5, 0.0, 0.25] : tensor<4x4xf32>
  %2 = cim.noise %1 empirical 1.0 qs cdf [0.0, 0.5, 0.5, 1.0] at [-1.0, 0.0, 0.1, 1.0e20] : tensor<4x4xf32>
  cim.write %2 : tensor<4x4xf32>
}

// CHECK-LABEL: cim.layer @wide
// CHECK: cim.quantize %{{.*}} bits 16 mode lloyd : tensor<4x4xf32>
// CHECK: cim.noise %{{.*}} lognormal 0.0 qs parameter 1.0 level_factors [0.0, 2.0] : tensor<4x4xf32>
cim.layer @wide index 9 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.quantize %0 bits 16 mode lloyd : tensor<4x4xf32>
  %2 = cim.noise %1 lognormal 0.0 qs parameter 1.0 level_factors [0.0, 2.0] : tensor<4x4xf32>
  cim.write %2 : tensor<4x4xf32>
}

// Measured facts, and what was decided from them.
// CHECK-LABEL: cim.layer @measured index 10 channel_axis 0 role B2 selected
// CHECK-SAME: tolerance<"noise normal:0.06ns" accuracy 0.913 of 0.926 chips 10 images 1000>
// CHECK-SAME: limit<"noise normal:*ns" threshold 0.9 largest 0.085> : tensor<4x4xf32>
cim.layer @measured index 10 channel_axis 0 role B2 selected tolerance<"noise normal:0.06ns" accuracy 0.913 of 0.926 chips 10 images 1000> limit<"noise normal:*ns" threshold 0.9 largest 0.085> : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// Faults without flips need no quantization.
// CHECK-LABEL: cim.layer @rest
// CHECK: cim.noise %{{.*}} uniform 0.25 abs : tensor<4x4xf32>
// CHECK: cim.faults %{{.*}}  : tensor<4x4xf32>
cim.layer @rest index 16777215 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %2 = cim.noise %0 uniform 0.25 abs : tensor<4x4xf32>
  %3 = cim.faults %2 : tensor<4x4xf32>
  cim.write %3 : tensor<4x4xf32>
}
