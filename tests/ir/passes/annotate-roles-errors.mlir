// The pass needs the layers, so the module: roles cannot be told of a function
// alone.
// RUN: not cim-opt /dev/null --pass-pipeline='builtin.module(func.func(annotate-roles))' 2>&1 | FileCheck %s
// CHECK: 'AnnotateRoles' restricted to 'builtin.module' on a PassManager intended to run on 'func.func'

// A module whose layers are missing does not reach it.
// RUN: not cim-opt %s --annotate-roles 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: refers to a layer 'a' that does not exist
func.func @main(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return %0 : tensor<1x4x8x8xf32>
}
