// RUN: cim-opt %s | cim-opt | FileCheck %s

// The text of what cells do beside writing, and back.

// CHECK-LABEL: cim.layer @all
// CHECK: %[[N:.*]] = cim.noise %{{.*}} normal 3.0 uS
// CHECK-NEXT: %[[V:.*]] = cim.verify %[[N]] tolerance 1.0 uS pulses 20 : tensor<4x4xf32>
// CHECK-NEXT: %[[C:.*]] = cim.correlated %[[V]] column 0.5 array 0.25 die 1.0 uS : tensor<4x4xf32>
// CHECK-NEXT: %[[S:.*]] = cim.shift %[[C]] 0.5 ns
// CHECK-NEXT: %[[D:.*]] = cim.read_disturb %[[S]] -0.5 uS per 1.0e+06 exponent 0.5 reads 1.0e+09 : tensor<4x4xf32>
// CHECK-NEXT: %[[F:.*]] = cim.faults %[[D]]
// CHECK-NEXT: cim.write %[[F]]
cim.layer @all index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.noise %0 normal 3.0 uS : tensor<4x4xf32>
  %2 = cim.verify %1 tolerance 1.0 uS pulses 20 : tensor<4x4xf32>
  %3 = cim.correlated %2 column 0.5 array 0.25 die 1.0 uS : tensor<4x4xf32>
  %4 = cim.shift %3 0.5 ns : tensor<4x4xf32>
  %5 = cim.read_disturb %4 -0.5 uS per 1000000.0 exponent 0.5 reads 1.0e9 : tensor<4x4xf32>
  %6 = cim.faults %5 low 0.1 : tensor<4x4xf32>
  cim.write %6 : tensor<4x4xf32>
}

// What has a default is left out.
// CHECK-LABEL: cim.layer @few
// CHECK: %[[C:.*]] = cim.correlated %{{.*}} die 1.0 ns : tensor<4x4xf32>
// CHECK-NEXT: cim.read_disturb %[[C]] 0.5 abs : tensor<4x4xf32>
cim.layer @few index 1 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.correlated %0 die 1.0 ns : tensor<4x4xf32>
  %2 = cim.read_disturb %1 0.5 abs : tensor<4x4xf32>
  cim.write %2 : tensor<4x4xf32>
}
