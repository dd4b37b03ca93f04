// RUN: cim-opt %s | FileCheck %s
// RUN: not cim-opt --no-such-pass %s 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// CHECK: func.func @main(%[[X:.*]]: tensor<1x3xf32>) -> tensor<1x3xf32>
// CHECK-NEXT: return %[[X]]
func.func @main(%x: tensor<1x3xf32>) -> tensor<1x3xf32> {
  return %x : tensor<1x3xf32>
}

// UNKNOWN: Unknown command line argument '--no-such-pass'
