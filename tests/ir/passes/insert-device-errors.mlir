// What insert-device cannot insert, in one line each.

// RUN: not cim-opt %s --insert-device='device=pcm' 2>&1 >/dev/null | FileCheck %s --check-prefix=E0
// E0: error: device 'pcm': there is no device 'pcm'

// RUN: not cim-opt %s --insert-device='device=pcm-joshi2020@5s' 2>&1 >/dev/null | FileCheck %s --check-prefix=E1
// E1: error: device 'pcm-joshi2020@5s': device 'pcm-joshi2020': its drift begins 20 s after programming

// RUN: not cim-opt %s --insert-device='device=pcm-joshi2020@5' 2>&1 >/dev/null | FileCheck %s --check-prefix=E2
// E2: error: device 'pcm-joshi2020@5': time '5' is not a number of at least 0 with a unit

// RUN: not cim-opt %s --insert-device='device=fefet' 2>&1 >/dev/null | FileCheck %s --check-prefix=E3
// E3: error: device 'fefet': device 'fefet' is parametric

// RUN: not cim-opt %s --insert-device='device=reram-milo2021' --insert-device='device=reram-wan2022' 2>&1 >/dev/null | FileCheck %s --check-prefix=E4
// E4: error: layer 'conv1' has device already

// RUN: not cim-opt %s --insert-device='layers=conv1' 2>&1 >/dev/null | FileCheck %s --check-prefix=E5
// E5: error: device '': the device is missing

cim.layer @conv1 index 0 channel_axis 0 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  cim.write %0 : tensor<2x2xf32>
}
