// RUN: cim-opt %s --insert-read-disturb='read-disturb=-1/2uS,per=1e6,exponent=0.5' | FileCheck %s
// RUN: cim-opt %s --insert-read-disturb='read-disturb=-1/2uS,per=1e6,exponent=0.5 layers=role:C1' | FileCheck %s --check-prefix=SOME
// RUN: cim-opt %s --insert-read-disturb='read-disturb=-1/2uS,per=1e6,exponent=0.5' --insert-read-disturb='read-disturb=-1/2uS,per=1e6,exponent=0.5 replace=true' | FileCheck %s

// CHECK-LABEL: cim.layer @conv1
// CHECK-NEXT: cim.load
// CHECK-NEXT: cim.read_disturb %{{.*}} -0.5 uS per 1.0e+06 exponent 0.5 : tensor<2x2xf32>
// CHECK-NEXT: cim.write
// Between the noise and the faults that are there.
// CHECK-LABEL: cim.layer @a
// CHECK: %[[N:.*]] = cim.noise
// CHECK-NEXT: %[[E:.*]] = cim.read_disturb %{{.*}} -0.5 uS per 1.0e+06 exponent 0.5 : tensor<2x2xf32>
// CHECK-NEXT: %[[F:.*]] = cim.faults %[[E]]
// CHECK-NEXT: cim.write %[[F]]

// SOME-LABEL: cim.layer @conv1
// SOME-NEXT: cim.load
// SOME-NEXT: cim.write
// SOME-LABEL: cim.layer @a
// SOME: cim.read_disturb %{{.*}} -0.5 uS per 1.0e+06 exponent 0.5

cim.layer @conv1 index 0 channel_axis 0 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  cim.write %0 : tensor<2x2xf32>
}
cim.layer @a index 1 channel_axis 0 role C1 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %1 = cim.noise %0 normal 1.0 uS : tensor<2x2xf32>
  %2 = cim.faults %1 low 0.1 : tensor<2x2xf32>
  cim.write %2 : tensor<2x2xf32>
}
