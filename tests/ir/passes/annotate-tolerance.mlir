// RUN: echo '{"command": "tolerance", "data": {"images": 1000}, "errors": "noise normal:0.06ns", "exact": {"mean": 0.926}, "layers": [{"name": "b", "weights": 4, "accuracy": {"mean": 0.875, "trials": [0.85, 0.9]}}]}' > %t.json
// RUN: cim-opt %s --annotate-tolerance=document=%t.json | cim-opt | FileCheck %s
// RUN: echo '{"command": "tolerance", "data": {"images": 1000}, "errors": "noise normal:0.06ns", "exact": {"mean": 0.926}, "threshold": 0.9, "threshold_errors": "noise normal:*ns", "layers": [{"name": "b", "weights": 4, "accuracy": {"mean": 0.875, "trials": [0.85, 0.9]}, "largest": 0.05}, {"name": "a", "weights": 8, "accuracy": {"mean": 0.92, "trials": [0.92]}, "largest": null}]}' > %t.limits.json
// RUN: cim-opt %s --annotate-tolerance=document=%t.limits.json | cim-opt | FileCheck %s --check-prefix=LIMITS

// A layer that was not measured keeps what is known of it; a measured one gets
// the new facts in the place of the old.
// CHECK: cim.layer @a index 0 channel_axis 0 role C1 tolerance<"noise normal:0.03ns" accuracy 0.75 of 0.8 chips 1 images 10> : tensor<2x4xf32>
// CHECK: cim.layer @b index 1 channel_axis 0 tolerance<"noise normal:0.06ns" accuracy 0.875 of 0.926 chips 2 images 1000> : tensor<2x2xf32>

// A threshold that any error keeps has no limit.
// LIMITS: cim.layer @a index 0 channel_axis 0 role C1 tolerance<"noise normal:0.06ns" accuracy 0.92 of 0.926 chips 1 images 1000> : tensor<2x4xf32>
// LIMITS: cim.layer @b index 1 channel_axis 0 tolerance<"noise normal:0.06ns" accuracy 0.875 of 0.926 chips 2 images 1000>
// LIMITS-SAME: limit<"noise normal:*ns" threshold 0.9 largest 0.05> : tensor<2x2xf32>
cim.layer @a index 0 channel_axis 0 role C1 tolerance<"noise normal:0.03ns" accuracy 0.75 of 0.8 chips 1 images 10> : tensor<2x4xf32> {
  %0 = cim.load dense<1.0> : tensor<2x4xf32>
  cim.write %0 : tensor<2x4xf32>
}
cim.layer @b index 1 channel_axis 0 tolerance<"noise normal:0.03ns" accuracy 0.5 of 0.8 chips 1 images 10> : tensor<2x2xf32> {
  %0 = cim.load dense<1.0> : tensor<2x2xf32>
  cim.write %0 : tensor<2x2xf32>
}
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %0 = cim.gemm %x on @a transpose_b true : (tensor<1x4xf32>) -> tensor<1x2xf32>
  %1 = cim.gemm %0 on @b transpose_b true : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
