// Values and patterns with commas need no quotes on MLIR's command line; the
// first run is the spelling inside of a pipeline.
// RUN: cim-opt %s --pass-pipeline='builtin.module(insert-quantize{quantize=5,mode=symmetric layers=role:C1,conv1})' | FileCheck %s --check-prefix=SOME
// RUN: cim-opt %s --insert-quantize='quantize=5,mode=symmetric layers=role:C1,conv1' | FileCheck %s --check-prefix=SOME
// RUN: cim-opt %s --insert-quantize='quantize={5,mode=symmetric} layers={role:C1,conv1}' | FileCheck %s --check-prefix=SOME
// The pipeline as MLIR prints it is one that MLIR reads.
// RUN: cim-opt %s --insert-quantize='quantize=5,mode=symmetric layers=role:C1,conv1' --dump-pass-pipeline 2>&1 >/dev/null | FileCheck %s --check-prefix=PIPELINE
// RUN: cim-opt %s --insert-quantize='quantize=4' | FileCheck %s --check-prefix=ALL
// RUN: cim-opt %s --insert-quantize='quantize=4,mode=percentile,percentile=99.9,per=channel layers=!conv1' | FileCheck %s --check-prefix=PERCENTILE
// RUN: cim-opt %s --insert-quantize='quantize=3,mode=lloyd layers=last:1' | FileCheck %s --check-prefix=LLOYD
// RUN: cim-opt %s --insert-quantize='quantize=4' --insert-noise='noise=normal:1qs' --insert-quantize='quantize=5,mode=symmetric layers=a replace=true' | FileCheck %s --check-prefix=REPLACE
// RUN: rm -rf "%t dir" && mkdir -p "%t dir" && printf '%%s\n' -1 0.5 2 > "%t dir/levels.csv"
// RUN: cim-opt %s --insert-quantize='quantize={levels=%t dir/levels.csv}' | FileCheck %s --check-prefix=LEVELS

// SOME: cim.layer @conv1
// SOME-NEXT: %[[W:.*]] = cim.load
// SOME-NEXT: %[[Q:.*]] = cim.quantize %[[W]] bits 5 mode symmetric : tensor<2x2xf32>
// SOME-NEXT: cim.write %[[Q]]
// SOME: cim.layer @a
// SOME: cim.quantize %{{.*}} bits 5 mode symmetric
// SOME: cim.layer @b
// SOME-NOT: cim.quantize

// PIPELINE: insert-quantize{layers=role:C1,conv1 quantize=5,mode=symmetric replace=false}

// ALL-COUNT-3: cim.quantize %{{.*}} bits 4 mode minmax : tensor<2x2xf32>

// PERCENTILE: cim.layer @conv1
// PERCENTILE-NOT: cim.quantize
// PERCENTILE: cim.layer @a
// PERCENTILE-COUNT-2: cim.quantize %{{.*}} bits 4 mode percentile 99.9 per_channel

// LLOYD: cim.layer @b
// LLOYD: cim.quantize %{{.*}} bits 3 mode lloyd

// A later wish takes the place of an earlier one, and the rest of the chain stays.
// REPLACE: cim.layer @conv1
// REPLACE: cim.quantize %{{.*}} bits 4 mode minmax
// REPLACE: cim.layer @a
// REPLACE-NEXT: %[[W:.*]] = cim.load
// REPLACE-NEXT: %[[Q:.*]] = cim.quantize %[[W]] bits 5 mode symmetric
// REPLACE-NEXT: %[[N:.*]] = cim.noise %[[Q]]
// REPLACE-NEXT: cim.write %[[N]]
// REPLACE: cim.layer @b
// REPLACE: cim.quantize %{{.*}} bits 4 mode minmax

// LEVELS-COUNT-3: cim.quantize %{{.*}} mode levels [-1.0, 0.5, 2.0] : tensor<2x2xf32>

cim.layer @conv1 index 0 channel_axis 0 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  cim.write %0 : tensor<2x2xf32>
}
cim.layer @a index 1 channel_axis 0 role C1 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  cim.write %0 : tensor<2x2xf32>
}
cim.layer @b index 2 channel_axis 0 role C2 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  cim.write %0 : tensor<2x2xf32>
}
