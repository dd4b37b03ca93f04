//===- AttachConverters.td - attach-converters -------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_ATTACH_CONVERTERS_ATTACHCONVERTERS_TD
#define CIM_PASSES_ATTACH_CONVERTERS_ATTACHCONVERTERS_TD

include "mlir/Pass/PassBase.td"

def AttachConverters : Pass<"attach-converters", "::mlir::ModuleOp"> {
  let summary = "Put converters around the arrays of crossbar layers";
  let description = [{
    Gives every crossbar layer that `layers` selects, and that stands on arrays,
    the `cim.dac`, `cim.adc`, `cim.read_noise` and `cim.drift_compensation` that
    options ask for, in the words of the command line (dialects/cim/grammar/ConverterOptions.h). What no
    option names stays as it is; `none` takes a converter away.

    Before:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      cim.map 27 x 16 onto 128 x 128 cells differential window 0.0 to 100.0
      cim.write %0 : tensor<16x3x3x3xf32>
    }
    ```

    After `dac=8 adc=6,percentile=99.9`:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      cim.map 27 x 16 onto 128 x 128 cells differential window 0.0 to 100.0
      cim.dac bits 8
      cim.adc bits 6 range percentile 99.9
      cim.write %0 : tensor<16x3x3x3xf32>
    }
    ```
  }];
  let options = [
    Option<"dac", "dac", "std::string", /*default=*/"",
           "BITS[,range=XMAX][,inputs=signed|unsigned][,mode=serial], or none">,
    Option<"adc", "adc", "std::string", /*default=*/"",
           "BITS[,range=max|F][,percentile=P][,limit=L1/L2/...][,per=tile], or none">,
    Option<"dacMismatch", "dac-mismatch", "std::string", /*default=*/"",
           "gain=S,offset=S,inl=S, how DACs differ from each other">,
    Option<"adcMismatch", "adc-mismatch", "std::string", /*default=*/"",
           "gain=S,offset=S,inl=S, how ADCs differ from each other">,
    Option<"currentVoltage", "iv", "std::string", /*default=*/"",
           "A CSV file with a cell's current over its input">,
    Option<"readNoise", "read-noise", "std::string", /*default=*/"",
           "WIDTHuS, the noise of a cell at every read">,
    Option<"driftCompensation", "drift-compensation", "std::string",
           /*default=*/"", "global, or none">,
    Option<"layers", "layers", "std::string", /*default=*/"\"*\"",
           "The layers that get converters, as in LayerPattern.h">,
  ];
  let dependentDialects = ["::cim::crossbar::CimDialect"];
}

#endif // CIM_PASSES_ATTACH_CONVERTERS_ATTACHCONVERTERS_TD
