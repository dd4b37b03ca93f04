// RUN: cim-opt %s --select-layers=plan=c2:3,fc 2>%t.remarks | cim-opt | FileCheck %s --check-prefix=ROLE
// RUN: FileCheck %s --check-prefix=WHY --input-file=%t.remarks
// RUN: cim-opt %s --select-layers=plan=last:2 2>&1 | FileCheck %s --check-prefix=LAST
// RUN: cim-opt %s --select-layers=plan=tolerant:4 2>&1 | FileCheck %s --check-prefix=TOLERANT
// RUN: cim-opt %s --select-layers=plan=tolerant:4:200 2>&1 | FileCheck %s --check-prefix=BUDGET
// RUN: cim-opt %s --select-layers=plan=stem,last:2,!c2:4 2>&1 | FileCheck %s --check-prefix=UNION

// By role and name; what was selected before is not any more.
// ROLE: cim.layer @stem index 0 channel_axis 0 :
// ROLE: cim.layer @c1 index 1 channel_axis 0 role C1 tolerance<
// ROLE: cim.layer @c2 index 2 channel_axis 0 role C2 selected tolerance<
// ROLE: cim.layer @fc index 3 channel_axis 1 selected :

// WHY: remark: layer 'stem' left: not C2, not named by 'fc'
// WHY: remark: layer 'c1' left: not C2, not named by 'fc'
// WHY: remark: layer 'c2' taken: C2 among the last 3 layers
// WHY: remark: layer 'fc' taken: named by 'fc'
// The convolution's 144 weights; a matrix of 8 and its bias of 2.
// WHY: remark: plan 'c2:3,fc' selects 2 of 4 layers with 154 weights; a backward pass reaches 2 layers

// LAST: remark: layer 'c1' left: not among the last 2 layers
// LAST: remark: layer 'c2' taken: among the last 2 layers

// TOLERANT: remark: layer 'stem' left: tolerance not measured
// TOLERANT: remark: layer 'c1' left: 80.00 % with errors in it alone, below the median of 82.50 %
// TOLERANT: remark: layer 'c2' taken: 85.00 % with errors in it alone, at least the median of 82.50 %

// Scale and offset of its normalisation count, too.
// BUDGET: remark: layer 'c1' left: 80.00 % with errors in it alone, 152 weights do not fit into the 56 left
// BUDGET: remark: layer 'c2' taken: 85.00 % with errors in it alone, 144 weights fit into the 200 left

// UNION: remark: layer 'stem' taken: named by 'stem'
// UNION: remark: layer 'c2' left: excluded: C2 among the last 4 layers
// UNION: selects 2 of 4 layers with 158 weights; a backward pass reaches 4 layers
cim.layer @stem index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @c1 index 1 channel_axis 0 role C1 selected tolerance<"noise normal:0.06ns" accuracy 0.8 of 0.9 chips 2 images 100> : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @c2 index 2 channel_axis 0 role C2 tolerance<"noise normal:0.06ns" accuracy 0.85 of 0.9 chips 2 images 100> : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @fc index 3 channel_axis 1 : tensor<4x2xf32> {
  %0 = cim.load dense<1.0> : tensor<4x2xf32>
  cim.write %0 : tensor<4x2xf32>
}
func.func @main(%x: tensor<1x4x8x8xf32>) -> tensor<1x2xf32> {
  %s = nn.constant dense<1.0> : tensor<4xf32>
  %b = nn.constant dense<1.0> : tensor<4xf32>
  %m = nn.constant dense<0.0> : tensor<4xf32>
  %d = nn.constant dense<1.0> : tensor<2xf32>
  %0 = cim.conv %x on @stem bias %b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %1 = cim.conv %0 on @c1 pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %2 = nn.batch_norm %1, %s, %b, %m, %s epsilon 1.0e-5 : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %3 = cim.conv %2 on @c2 pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %4 = nn.add %3, %0 : tensor<1x4x8x8xf32>
  %5 = nn.global_average_pool %4 : (tensor<1x4x8x8xf32>) -> tensor<1x4x1x1xf32>
  %6 = nn.reshape %5 : tensor<1x4x1x1xf32> -> tensor<1x4xf32>
  %7 = cim.matmul %6 on @fc : (tensor<1x4xf32>) -> tensor<1x2xf32>
  %8 = nn.add %7, %d : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %8 : tensor<1x2xf32>
}
