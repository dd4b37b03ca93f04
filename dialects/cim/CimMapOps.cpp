//===- CimMapOps.cpp - Where weights stand --------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/Cim.h"
#include "dialects/cim/Decimal.h"
#include "dialects/cim/grammar/Ranges.h"

using namespace mlir;

namespace cim::crossbar {

/// Checks that \p value lies from 1 to \p largest.
static LogicalResult verifyCount(MapOp map, StringRef name, uint64_t value,
                                 int64_t largest) {
  auto count = static_cast<int64_t>(value);
  if (count >= 1 && count <= largest)
    return success();
  return map.emitOpError() << "in layer '"
                           << map->getParentOfType<LayerOp>().getSymName()
                           << "' expects " << name << " from 1 to " << largest
                           << ", got " << count;
}

/// Checks that wires have resistances.
static LogicalResult verifyWires(MapOp map) {
  auto fail = [&] {
    return map.emitOpError()
           << "in layer '" << map->getParentOfType<LayerOp>().getSymName()
           << "' ";
  };
  if (map.getRowWire().has_value() != map.getColumnWire().has_value())
    return fail() << "has wires along rows or columns only; give both "
                     "resistances, one of them 0";
  if (!map.getRowWire()) {
    if (map.getDriveBothEnds() || map.getFirstOrder())
      return fail() << "says how wires are solved, but has none";
    return success();
  }
  constexpr double largest = 1e9;
  for (double ohm : {map.getRowWire()->convertToDouble(),
                     map.getColumnWire()->convertToDouble()})
    if (!(ohm >= 0 && ohm <= largest))
      return fail() << "expects wires of 0 to 1e9 ohm, got " << decimal(ohm);
  return success();
}

LogicalResult MapOp::verify() {
  auto layer = (*this)->getParentOfType<LayerOp>();
  auto fail = [&] {
    return emitOpError() << "in layer '" << layer.getSymName() << "' ";
  };
  constexpr int64_t largestArray = 65536, mostCellBits = 16;
  constexpr int64_t largestMatrix = int64_t(1) << 31;
  if (failed(verifyCount(*this, "rows", getRows(), largestMatrix)) ||
      failed(verifyCount(*this, "columns", getColumns(), largestMatrix)) ||
      failed(verifyCount(*this, "groups", getGroups(), largestMatrix)) ||
      failed(verifyCount(*this, "array_rows", getArrayRows(), largestArray)) ||
      failed(verifyCount(*this, "array_columns", getArrayColumns(),
                         largestArray)) ||
      (getCellBits() &&
       failed(verifyCount(*this, "cell_bits", *getCellBits(), mostCellBits))))
    return failure();

  auto type = cast<RankedTensorType>(layer.getType());
  if (layer.getChannelAxis() < uint64_t(type.getRank())) {
    int64_t channels = type.getDimSize(layer.getChannelAxis());
    // Products of two numbers up to 2^31 fit.
    if (int64_t(getColumns() * getGroups()) != channels ||
        getRows() * uint64_t(channels) != uint64_t(type.getNumElements()))
      return fail() << "maps " << getGroups() << " x " << getRows() << " x "
                    << getColumns()
                    << " weights (groups, rows, columns), but holds " << type
                    << " with output channels in dimension "
                    << layer.getChannelAxis();
  }

  uint64_t sharing = getGroupsPerArray();
  if (failed(verifyCount(*this, "groups_per_array", sharing, getGroups())))
    return failure();
  if (sharing > 1 && (sharing * getRows() > getArrayRows() ||
                      sharing * getColumns() > getArrayColumns()))
    return fail() << "puts " << sharing << " groups of " << getRows() << " x "
                  << getColumns() << " on the diagonal of an array of "
                  << getArrayRows() << " x " << getArrayColumns()
                  << ", which has no place for them";

  double lowest = getLowest().convertToDouble();
  double highest = getHighest().convertToDouble();
  if (!isWindow(lowest, highest))
    return fail() << "expects a conductance window that ascends, by a "
                     "millionth and 1e-30 at least, from at least 0 to at most "
                     "1e15, got "
                  << decimal(lowest) << " to " << decimal(highest);
  if (failed(verifyWires(*this)))
    return failure();
  if (getIdealReference() && getCells() != CellScheme::offset)
    return fail() << "has differential cells, which have no reference";
  return success();
}

} // namespace cim::crossbar
