// RUN: cim-opt %s --insert-faults='faults=low=0.001,high=0.002,flip=1e-5' | FileCheck %s --check-prefix=ALL
// RUN: cim-opt %s --insert-faults='faults=high=0.25 layers=b' | FileCheck %s --check-prefix=HIGH

// ALL-LABEL: cim.layer @conv1
// ALL: %[[S:.*]] = cim.shift
// ALL-NEXT: %[[F:.*]] = cim.faults %[[S]] low 0.001 high 0.002 flip 1.0e-05 : tensor<2x2xf32>
// ALL-NEXT: cim.write %[[F]]
// ALL-COUNT-2: cim.faults %{{.*}} low 0.001 high 0.002 flip 1.0e-05

// HIGH: cim.layer @b
// HIGH: cim.faults %{{.*}} high 0.25 : tensor<2x2xf32>

cim.layer @conv1 index 0 channel_axis 0 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %1 = cim.quantize %0 bits 4 mode minmax : tensor<2x2xf32>
  %2 = cim.shift %1 0.5 ns : tensor<2x2xf32>
  cim.write %2 : tensor<2x2xf32>
}
cim.layer @a index 1 channel_axis 0 role C1 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %1 = cim.quantize %0 bits 4 mode minmax : tensor<2x2xf32>
  %2 = cim.shift %1 0.5 ns : tensor<2x2xf32>
  cim.write %2 : tensor<2x2xf32>
}
cim.layer @b index 2 channel_axis 0 role C2 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %1 = cim.quantize %0 bits 4 mode minmax : tensor<2x2xf32>
  %2 = cim.shift %1 0.5 ns : tensor<2x2xf32>
  cim.write %2 : tensor<2x2xf32>
}
