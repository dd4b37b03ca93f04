// RUN: cim-opt %s --split-input-file --verify-diagnostics

// A model has the fields of plan.proto only.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'mine' has a model with a field that device models do not have}}
  %1 = cim.device %0 "mine" model {highest_conductance = 1.0, colour = "red"} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{has a model with a field that device models do not have, or of another type}}
  %1 = cim.device %0 "mine" model {highest_conductance = 1 : i64} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' has device 'mine': its conductances must ascend from at least 0}}
  %1 = cim.device %0 "mine" model {unit = "uS"} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' has device 'mine': it says nothing about time; leave out @1 s}}
  %1 = cim.device %0 "mine" at 1.0 model {highest_conductance = 1.0, unit = "uS"} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// Devices write what is quantized.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.device %0 "mine" model {highest_conductance = 1.0, unit = "uS"} : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' stands after device; the order is quantize, device, noise, verify, correlated, shift, read_disturb, faults}}
  %2 = cim.quantize %1 bits 4 mode minmax : tensor<4x4xf32>
  cim.write %2 : tensor<4x4xf32>
}

// -----

// Microsiemens of cells that are described by their currents.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.device %0 "mine" model {highest_conductance = 1.0, unit = "nA"} : tensor<4x4xf32>
  // expected-error@+1 {{'cim.noise' op in layer 'l' is in uS, but the cells of device 'mine' are described in nA; leave one of the two out}}
  %2 = cim.noise %1 normal 1.0 uS : tensor<4x4xf32>
  cim.write %2 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.device %0 "mine" model {highest_conductance = 1.0, unit = "nA"} : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 1.0
  // expected-error@+1 {{'cim.read_noise' op in layer 'l' is in uS, but the cells of device 'mine' are described in nA; leave one of the two out}}
  cim.read_noise 0.5 uS
  cim.write %1 : tensor<4x4xf32>
}
