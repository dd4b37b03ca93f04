//===- CimMapOps.td - Where weights stand ------------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the mapped stage says about a layer: its cells and arrays.
// docs/semantics.md defines the words.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_CIMMAPOPS_TD
#define CIM_DIALECTS_CIM_CIMMAPOPS_TD

include "dialects/cim/CimDialect.td"

def Cim_MapOp : Op<Cim_Dialect, "map", [HasParent<"LayerOp">]> {
  let summary = "The cells and arrays on which a layer's weights stand";
  let description = [{
    The weight matrix of one group has `rows` inputs (C/groups · kernel extents,
    in ONNX weight order) and `columns` output channels. It is cut greedily into
    tiles of at most `array_rows` × `array_columns`; every sign and slice of a
    tile has an array of its own, except that `groups_per_array` whole groups
    share one along its diagonal.

    With s the largest ∣weight∣ of the layer, w = W/s and the window [Gmin, Gmax]
    in µS (or in the unit of the layer's `cim.device`), a weight stands on

    | cells | conductances | read back |
    |---|---|---|
    | `differential` | G± = Gmin + (Gmax − Gmin)·max(±w, 0), in separate arrays | s·(G+ − G−)/(Gmax − Gmin) |
    | `offset` | G = Gmin + (Gmax − Gmin)·(W − lo)/(hi − lo) | against a reference column at the conductance of 0 |

    `ideal_reference` keeps errors off the reference column. Conductances after
    errors are at least zero, and with `clip` inside the window. `cell_bits` cuts
    the code of a quantized weight into slices of so many bits: the b − 1 bits of
    a magnitude (differential, mode symmetric) or all b (offset, mode minmax).
    Slices of offset cells have no reference column: the digital sum lo·Σx takes
    its place, and `ideal_reference` has no effect.

    `wires` gives their resistances in ohm, per segment between two cells and at
    the ends, along rows and along columns; `drive_both_ends` has drivers at both
    ends of every row; `first_order` takes a formula for the exact solution.
    Source: docs/wires.md. Groups that share an array share its lines.

    The operation gives errors in uS their meaning. It stands after the errors,
    at most once.

    ```mlir
    cim.map 144 x 16 onto 128 x 128 cells differential window 0.0 to 100.0
    cim.map 9 x 1 groups 64 onto 128 x 128 groups_per_array 14
      cells offset ideal_reference window 1.0 to 40.0 clip
    cim.map 144 x 16 onto 128 x 128 cells offset window 0.0 to 100.0 cell_bits 2
    cim.map 144 x 16 onto 128 x 128 cells differential window 0.0 to 100.0
      wires 1.5 by 2.0 drive_both_ends
    ```
  }];
  let arguments = (ins
    I64Attr:$rows,
    I64Attr:$columns,
    DefaultValuedAttr<I64Attr, "1">:$groups,
    I64Attr:$array_rows,
    I64Attr:$array_columns,
    DefaultValuedAttr<I64Attr, "1">:$groups_per_array,
    Cim_CellScheme:$cells,
    UnitAttr:$ideal_reference,
    F64Attr:$lowest,
    F64Attr:$highest,
    UnitAttr:$clip,
    OptionalAttr<I64Attr>:$cell_bits,
    OptionalAttr<F64Attr>:$row_wire,
    OptionalAttr<F64Attr>:$column_wire,
    UnitAttr:$drive_both_ends,
    UnitAttr:$first_order);
  let assemblyFormat = [{
    $rows `x` $columns (`groups` $groups^)? `onto` $array_rows `x` $array_columns
    (`groups_per_array` $groups_per_array^)? `cells` `` $cells
    (`ideal_reference` $ideal_reference^)? `window` custom<Number>($lowest) `to`
    custom<Number>($highest) (`clip` $clip^)? (`cell_bits` $cell_bits^)?
    (`wires` custom<Number>($row_wire)^ `by` custom<Number>($column_wire)
     (`drive_both_ends` $drive_both_ends^)? (`first_order` $first_order^)?)? attr-dict
  }];
  let hasVerifier = 1;
}

#endif // CIM_DIALECTS_CIM_CIMMAPOPS_TD
