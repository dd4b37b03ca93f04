// RUN: cim-opt %s --insert-shift='shift=-1/64qs' | FileCheck %s --check-prefix=MINUS
// RUN: cim-opt %s --insert-shift='shift=+0.01ns layers=first:2,!conv1' | FileCheck %s --check-prefix=PLUS
// RUN: printf '%%s\n' -0.5 1 > %t.csv
// RUN: cim-opt %s --insert-shift='shift=2abs,level=%t.csv layers=a' | FileCheck %s --check-prefix=FACTORS

// After the noise, before the faults.
// MINUS-LABEL: cim.layer @conv1
// MINUS: %[[N:.*]] = cim.noise
// MINUS-NEXT: %[[S:.*]] = cim.shift %[[N]] -0.015625 qs : tensor<2x2xf32>
// MINUS-NEXT: %[[F:.*]] = cim.faults %[[S]]
// MINUS-NEXT: cim.write %[[F]]
// MINUS-COUNT-2: cim.shift %{{.*}} -0.015625 qs

// PLUS: cim.layer @a
// PLUS: cim.shift %{{.*}} 0.01 ns
// PLUS: cim.layer @b
// PLUS-NOT: cim.shift

// FACTORS: cim.shift %{{.*}} 2.0 abs level_factors [-0.5, 1.0]

cim.layer @conv1 index 0 channel_axis 0 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %1 = cim.quantize %0 bits 4 mode minmax : tensor<2x2xf32>
  %2 = cim.noise %1 normal 0.5 ns : tensor<2x2xf32>
  %3 = cim.faults %2 low 0.5 : tensor<2x2xf32>
  cim.write %3 : tensor<2x2xf32>
}
cim.layer @a index 1 channel_axis 0 role C1 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %1 = cim.quantize %0 bits 4 mode minmax : tensor<2x2xf32>
  %2 = cim.noise %1 normal 0.5 ns : tensor<2x2xf32>
  %3 = cim.faults %2 low 0.5 : tensor<2x2xf32>
  cim.write %3 : tensor<2x2xf32>
}
cim.layer @b index 2 channel_axis 0 role C2 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %1 = cim.quantize %0 bits 4 mode minmax : tensor<2x2xf32>
  %2 = cim.noise %1 normal 0.5 ns : tensor<2x2xf32>
  %3 = cim.faults %2 low 0.5 : tensor<2x2xf32>
  cim.write %3 : tensor<2x2xf32>
}
