// RUN: cim-opt %s --split-input-file --verify-diagnostics

// A model has the fields of plan.proto only.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'cim.device' op in layer 'l' has device 'mine': its model has a field 'colour', which device models do not have (docs/devices.md)}}
  %1 = cim.device %0 "mine" model {highest_conductance = 1.0, colour = "red"} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// Wherever they stand.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'cim.device' op in layer 'l' has device 'mine': its model has a field 'drift.mean.slop', which device models do not have (docs/devices.md)}}
  %1 = cim.device %0 "mine" model {drift = {mean = {slop = 1.0}}} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// Each has its type.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'cim.device' op in layer 'l' has device 'mine': field 'highest_conductance' of its model expects a number of type f64}}
  %1 = cim.device %0 "mine" model {highest_conductance = 1 : i64} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'cim.device' op in layer 'l' has device 'mine': field 'programming' of its model expects a list of dictionaries}}
  %1 = cim.device %0 "mine" model {programming = 1.0} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'cim.device' op in layer 'l' has device 'mine': field 'programming' of its model expects a list of dictionaries}}
  %1 = cim.device %0 "mine" model {programming = [{}, 1.0]} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'cim.device' op in layer 'l' has device 'mine': field 'programming[1].polynomial' of its model expects array<f64: ...>}}
  %1 = cim.device %0 "mine" model {programming = [{}, {polynomial = [1.0]}]} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'cim.device' op in layer 'l' has device 'mine': field 'drift' of its model expects a dictionary}}
  %1 = cim.device %0 "mine" model {drift = 1.0} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'cim.device' op in layer 'l' has device 'mine': field 'logarithmic_time' of its model expects true or false}}
  %1 = cim.device %0 "mine" model {logarithmic_time = 1.0} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'cim.device' op in layer 'l' has device 'mine': field 'levels' of its model expects a number of type i64 from 0 to 2^32 - 1}}
  %1 = cim.device %0 "mine" model {levels = -1 : i64} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'cim.device' op in layer 'l' has device 'mine': field 'unit' of its model expects a text}}
  %1 = cim.device %0 "mine" model {unit = 1.0} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// What the operation says stands there, and nowhere else.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'cim.device' op in layer 'l' has device 'mine': its model has a field 'name', which cim.device says itself, before it}}
  %1 = cim.device %0 "mine" model {name = "other"} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'cim.device' op in layer 'l' has device 'mine': its model has a field 'time', which cim.device says itself, with at SECONDS}}
  %1 = cim.device %0 "mine" model {time = 5.0} : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{'cim.device' op in layer 'l' has device 'mine': its model has a field 'forced', which cim.device says itself, with force}}
  %1 = cim.device %0 "mine" model {forced = true} : tensor<4x4xf32>
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
