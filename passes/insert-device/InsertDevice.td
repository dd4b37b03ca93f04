//===- InsertDevice.td - insert-device ---------------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_INSERT_DEVICE_INSERTDEVICE_TD
#define CIM_PASSES_INSERT_DEVICE_INSERTDEVICE_TD

include "mlir/Pass/PassBase.td"

def InsertDevice : Pass<"insert-device", "::mlir::ModuleOp"> {
  let summary = "Let the cells of crossbar layers follow a device model";
  let description = [{
    Gives every crossbar layer that `layers` selects the device that `device`
    asks for, in the words of the command line's `--device`: a preset or a YAML
    file (docs/devices.md), whose numbers go into the IR. A layer that has a
    device already is an error or, with `replace`, gets the new one in its
    place. Devices need conductances, which `map-to-crossbars` gives.

    Before:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      cim.write %0 : tensor<16x3x3x3xf32>
    }
    ```

    After `device=reram-milo2021`:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      %1 = cim.device %0 "reram-milo2021" model {
             highest_conductance = 2.25e+02, lowest_conductance = 5.0e+01,
             programming = [{polynomial = array<f64: 4.782321, -0.009107>} ],
             unit = "uS"} : tensor<16x3x3x3xf32>
      cim.write %1 : tensor<16x3x3x3xf32>
    }
    ```
  }];
  let options = [
    Option<"device", "device", "std::string", /*default=*/"",
           "NAME[@TIME][,force], such as pcm-joshi2020@1d">,
    Option<"layers", "layers", "std::string", /*default=*/"\"*\"",
           "The layers that get the device, as in LayerPattern.h">,
    Option<"replace", "replace", "bool", /*default=*/"false",
           "Let it take the place of what a layer has already">,
  ];
  let dependentDialects = ["::cim::crossbar::CimDialect"];
}

#endif // CIM_PASSES_INSERT_DEVICE_INSERTDEVICE_TD
