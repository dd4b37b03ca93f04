// RUN: cim-opt %s --insert-device='device=pcm-joshi2020@1d' | FileCheck %s --check-prefix=TIME
// RUN: cim-opt %s --insert-device='device=reram-wan2022@30d,force layers=a replace' | FileCheck %s --check-prefix=FORCE
// RUN: cim-opt %s --insert-device='device=reram-milo2021' --map-to-crossbars='crossbar=8x8' | FileCheck %s --check-prefix=WINDOW
// RUN: cim-opt %s --insert-device='device=pcm-joshi2020@1d' | cim-opt | FileCheck %s --check-prefix=TIME

// After quantization, before noise, with all numbers of the model.
// TIME-LABEL: cim.layer @conv1
// TIME: %[[Q:.*]] = cim.quantize
// TIME-NEXT: %[[D:.*]] = cim.device %[[Q]] "pcm-joshi2020" at 86400.0 model
// TIME-SAME: drift = {mean = {highest = 1.000000e-01 : f64, lowest = 4.900000e-02 : f64
// TIME-SAME: programming = [{polynomial = array<f64: 2.634800e-01, 1.965000e+00, -1.173100e+00>, relative = true}]
// TIME-NEXT: %[[N:.*]] = cim.noise %[[D]]
// TIME-NEXT: cim.write %[[N]]
// TIME: cim.device

// FORCE: cim.layer @conv1
// FORCE-NOT: cim.device
// FORCE: cim.layer @a
// FORCE: cim.device %{{.*}} "reram-wan2022" at 2592000.0 force model

// The window is the device's unless another is given.
// WINDOW-COUNT-2: cim.map 2 x 2 onto 8 x 8 cells differential window 50.0 to 225.0

cim.layer @conv1 index 0 channel_axis 0 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %1 = cim.quantize %0 bits 4 mode minmax : tensor<2x2xf32>
  %2 = cim.noise %1 normal 0.5 ns : tensor<2x2xf32>
  cim.write %2 : tensor<2x2xf32>
}
cim.layer @a index 1 channel_axis 0 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  cim.write %0 : tensor<2x2xf32>
}
