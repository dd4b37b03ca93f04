// RUN: cim-opt %s --insert-noise='noise=normal:0.25qs' | FileCheck %s --check-prefix=NORMAL
// RUN: cim-opt %s --insert-noise='noise=student-t:0.03ns,df=4 layers=role:C2' | FileCheck %s --check-prefix=STUDENT
// RUN: cim-opt %s --insert-noise='noise=lognormal:1/4abs layers=a' | FileCheck %s --check-prefix=LOGNORMAL
// RUN: printf '%%s\n' 0.5 1 2 > %t.csv
// RUN: cim-opt %s --insert-noise='noise=uniform:1qs,level=%t.csv layers=a' | FileCheck %s --check-prefix=FACTORS
// RUN: printf '%%s\n' -1,0 0.25,0.5 1,1 > %t.cdf.csv
// RUN: cim-opt %s --insert-noise='noise=empirical:1qs,file=%t.cdf.csv layers=a' | FileCheck %s --check-prefix=EMPIRICAL

// Between the quantization and the shift that are there.
// NORMAL-LABEL: cim.layer @conv1
// NORMAL-NEXT: %[[W:.*]] = cim.load
// NORMAL-NEXT: %[[Q:.*]] = cim.quantize %[[W]]
// NORMAL-NEXT: %[[N:.*]] = cim.noise %[[Q]] normal 0.25 qs : tensor<2x2xf32>
// NORMAL-NEXT: %[[S:.*]] = cim.shift %[[N]]
// NORMAL-NEXT: cim.write %[[S]]
// NORMAL-COUNT-2: cim.noise %{{.*}} normal 0.25 qs

// STUDENT: cim.layer @b
// STUDENT: cim.noise %{{.*}} student_t 0.03 ns parameter 4.0

// LOGNORMAL: cim.layer @a
// LOGNORMAL: cim.noise %{{.*}} lognormal 0.25 abs parameter 1.0
// LOGNORMAL-NOT: cim.noise

// FACTORS: cim.noise %{{.*}} uniform 1.0 qs level_factors [0.5, 1.0, 2.0]

// EMPIRICAL: cim.noise %{{.*}} empirical 1.0 qs cdf [0.0, 0.5, 1.0] at [-1.0, 0.25, 1.0]

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
