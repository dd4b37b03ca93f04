// What annotate-tolerance refuses, in one line each.

// No document.
// RUN: not cim-opt %s --annotate-tolerance=document=%t.none 2>&1 >/dev/null | FileCheck %s --check-prefix=E0
// E0: error: document '{{.*}}none' cannot be read: No such file or directory

// No JSON.
// RUN: echo 'layers: []' > %t.1
// RUN: not cim-opt %s --annotate-tolerance=document=%t.1 2>&1 >/dev/null | FileCheck %s --check-prefix=E1
// E1: error: document '{{.*}}' is no JSON:

// The document of another command.
// RUN: echo '{"command": "eval"}' > %t.2
// RUN: not cim-opt %s --annotate-tolerance=document=%t.2 2>&1 >/dev/null | FileCheck %s --check-prefix=E2
// E2: error: document '{{.*}}' is not one of cim tolerance: {{.*}}expected the command 'tolerance'

// A layer without a measure.
// RUN: echo '{"command": "tolerance", "data": {"images": 1000}, "errors": "noise", "exact": {"mean": 0.9}, "layers": [{"name": "a", "weights": 8, "accuracy": 0.9}]}' > %t.3
// RUN: not cim-opt %s --annotate-tolerance=document=%t.3 2>&1 >/dev/null | FileCheck %s --check-prefix=E3
// E3: error: document '{{.*}}' is not one of cim tolerance: {{.*}}expected a measure

// Another network: a layer that is not there, and one of another size.
// RUN: echo '{"command": "tolerance", "data": {"images": 1000}, "errors": "noise", "exact": {"mean": 0.9}, "layers": [{"name": "b", "weights": 8, "accuracy": {"mean": 0.9, "trials": [0.9]}}]}' > %t.4
// RUN: not cim-opt %s --annotate-tolerance=document=%t.4 2>&1 >/dev/null | FileCheck %s --check-prefix=E4
// E4: error: document '{{.*}}' was measured on another network: there is no layer 'b'
// RUN: echo '{"command": "tolerance", "data": {"images": 1000}, "errors": "noise", "exact": {"mean": 0.9}, "layers": [{"name": "a", "weights": 9, "accuracy": {"mean": 0.9, "trials": [0.9]}}]}' > %t.5
// RUN: not cim-opt %s --annotate-tolerance=document=%t.5 2>&1 >/dev/null | FileCheck %s --check-prefix=E5
// E5: error: document '{{.*}}' was measured on another network: it has 9 weights in layer 'a'

// A number that is no fraction; the message is the attribute's.
// RUN: echo '{"command": "tolerance", "data": {"images": 1000}, "errors": "noise", "exact": {"mean": 0.9}, "layers": [{"name": "a", "weights": 8, "accuracy": {"mean": 90, "trials": [90]}}]}' > %t.6
// RUN: not cim-opt %s --annotate-tolerance=document=%t.6 2>&1 >/dev/null | FileCheck %s --check-prefix=E6
// E6: error: document '{{.*}}': tolerance expects accuracy to be a fraction from 0 to 1, got 90.0

cim.layer @a index 0 channel_axis 0 : tensor<2x4xf32> {
  %0 = cim.load dense<1.0> : tensor<2x4xf32>
  cim.write %0 : tensor<2x4xf32>
}
