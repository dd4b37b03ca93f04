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
