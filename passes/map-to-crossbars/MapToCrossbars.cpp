//===- MapToCrossbars.cpp - map-to-crossbars ------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/map-to-crossbars/MapToCrossbars.h"

#include "dialects/cim/Cim.h"
#include "dialects/cim/DeviceAttributes.h"
#include "dialects/cim/grammar/CrossbarOptions.h"
#include "passes/map-to-crossbars/Packing.h"
#include "passes/requests/LayerRequests.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_MAPTOCROSSBARS
#include "passes/map-to-crossbars/MapToCrossbars.h.inc"

namespace {

/// What is known of a layer's place so far.
struct Mapping {
  std::optional<ArraySize> array;
  CellsOption cells;
  std::optional<ConductanceOption> conductance;
  std::optional<unsigned> cellBits;
  WireResistanceOption wires;
  Packing packing = Packing::naive;
  bool isAskedFor = false;
};

Mapping mappingOf(crossbar::LayerOp layer) {
  using Scheme = CellsOption::Scheme;
  static_assert(int(Scheme::differential) ==
                    int(crossbar::CellScheme::differential) &&
                int(Scheme::offset) == int(crossbar::CellScheme::offset));
  Mapping mapping;
  if (crossbar::MapOp map = layer.getMap()) {
    mapping.array = {unsigned(map.getArrayRows()),
                     unsigned(map.getArrayColumns())};
    mapping.cells = {Scheme(map.getCells()), map.getIdealReference()};
    mapping.conductance =
        ConductanceOption{map.getLowest().convertToDouble(),
                          map.getHighest().convertToDouble(), map.getClip()};
    mapping.cellBits = map.getCellBits();
    if (map.getRowWire())
      mapping.wires = {map.getRowWire()->convertToDouble(),
                       map.getColumnWire()->convertToDouble(),
                       map.getDriveBothEnds(), map.getFirstOrder()};
    // Groups of which no two fitted look like groups to be kept apart.
    mapping.packing =
        map.getGroupsPerArray() > 1 ? Packing::dense : Packing::naive;
  }
  return mapping;
}

struct MapToCrossbars : impl::MapToCrossbarsBase<MapToCrossbars> {
  using MapToCrossbarsBase::MapToCrossbarsBase;
  explicit MapToCrossbars(std::vector<MapToCrossbarsOptions> requests)
      : requests(std::move(requests)) {}

  void runOnOperation() override {
    crossbarLayers = crossbar::crossbarLayers(getOperation());
    mappings.clear();
    for (crossbar::LayerOp layer : crossbarLayers)
      mappings.push_back(mappingOf(layer));
    std::vector<MapToCrossbarsOptions> asked = requests;
    if (asked.empty())
      asked.push_back({crossbar, cells, conductance, cellBits, wireResistance,
                       packing, layers});
    for (const MapToCrossbarsOptions &request : asked)
      if (failed(apply(request)))
        return signalPassFailure();
    collectUses();
    for (auto [layer, mapping] : llvm::zip_equal(crossbarLayers, mappings))
      if (mapping.isAskedFor && failed(map(layer, mapping)))
        return signalPassFailure();
    warnOfPacking();
  }

  //===------------------------------------------------------------------===//
  // What is asked for
  //===------------------------------------------------------------------===//

  /// Lets \p asked change the mappings of the layers that it selects.
  LogicalResult apply(const MapToCrossbarsOptions &asked) {
    LayerRequest<Mapping> request(getOperation().getLoc());
    if (failed(request.set("crossbar", asked.crossbar, parseCrossbar,
                           &Mapping::array)) ||
        failed(
            request.set("cells", asked.cells, parseCells, &Mapping::cells)) ||
        failed(request.set("conductance", asked.conductance, parseConductance,
                           &Mapping::conductance)) ||
        failed(request.set("cell-bits", asked.cellBits, parseCellBits,
                           &Mapping::cellBits)) ||
        failed(request.set("wire-resistance", asked.wireResistance,
                           parseWireResistance, &Mapping::wires)) ||
        failed(request.set("packing", asked.packing, parsePacking,
                           &Mapping::packing)))
      return failure();
    return request.apply(crossbarLayers, asked.layers, mappings);
  }

  //===------------------------------------------------------------------===//
  // What the network says
  //===------------------------------------------------------------------===//

  void collectUses() {
    users.clear();
    getOperation().walk([&](crossbar::CrossbarOpInterface user) {
      users[user.getLayerAttr().getAttr()].push_back(user);
    });
  }

  /// The groups into which every use of \p layer cuts its weights.
  FailureOr<int64_t> groupsOf(crossbar::LayerOp layer) {
    std::optional<int64_t> groups;
    for (Operation *user : users.lookup(layer.getSymNameAttr())) {
      const int64_t here = crossbar::groupsOf(user);
      if (crossbar::channelAxisOf(user) != layer.getChannelAxis() ||
          groups.value_or(here) != here)
        return emitError(user->getLoc())
               << "uses the weights of layer '" << layer.getSymName()
               << "' as another matrix than their first use does; one set of "
                  "cells cannot be both: give the model a copy of the weights";
      groups = here;
    }
    return groups.value_or(1);
  }

  /// The window where none is asked for: the device's, if there is one.
  static ConductanceOption windowOf(crossbar::LayerOp layer) {
    ConductanceOption window;
    auto error = layer.getError(crossbar::WeightErrorKind::device);
    if (!error)
      return window;
    FailureOr<plan::Device> device =
        decodeDevice(cast<crossbar::DeviceOp>(error.getOperation()));
    if (succeeded(device)) {
      window.lowest = device->lowest_conductance();
      window.highest = device->highest_conductance();
    }
    return window;
  }

  LogicalResult map(crossbar::LayerOp layer, const Mapping &mapping) {
    if (!mapping.array)
      return emitError(layer.getLoc())
             << "layer '" << layer.getSymName()
             << "' stands on no arrays; say how large they are (--crossbar "
                "ROWSxCOLUMNS)";
    FailureOr<int64_t> groups = groupsOf(layer);
    if (failed(groups))
      return failure();
    auto type = cast<RankedTensorType>(layer.getType());
    int64_t channels = type.getDimSize(layer.getChannelAxis());
    if (type.getNumElements() == 0 || channels % *groups != 0)
      return emitError(layer.getLoc())
             << "layer '" << layer.getSymName() << "' has weights " << type
             << ", which are no matrix for " << *groups << " groups";
    const ConductanceOption conductance =
        mapping.conductance.value_or(windowOf(layer));
    GroupMatrices matrices{type.getNumElements() / channels, channels / *groups,
                           *groups};

    OpBuilder builder(layer.getWrite());
    crossbar::MapOp former = layer.getMap();
    if (former) // converters stand behind it
      builder.setInsertionPoint(former);
    auto flag = [&](bool set) { return set ? builder.getUnitAttr() : nullptr; };
    const WireResistanceOption &wires = mapping.wires;
    auto ohm = [&](double value) {
      return wires.any() ? builder.getF64FloatAttr(value) : nullptr;
    };
    crossbar::MapOp::create(
        builder, layer.getLoc(), builder.getI64IntegerAttr(matrices.rows),
        builder.getI64IntegerAttr(matrices.columns),
        builder.getI64IntegerAttr(matrices.groups),
        builder.getI64IntegerAttr(mapping.array->rows),
        builder.getI64IntegerAttr(mapping.array->columns),
        builder.getI64IntegerAttr(
            packingStrategy(mapping.packing)(matrices, *mapping.array)),
        crossbar::CellSchemeAttr::get(
            &getContext(), crossbar::CellScheme(mapping.cells.scheme)),
        flag(mapping.cells.idealReference),
        builder.getF64FloatAttr(conductance.lowest),
        builder.getF64FloatAttr(conductance.highest), flag(conductance.clip),
        mapping.cellBits ? builder.getI64IntegerAttr(*mapping.cellBits)
                         : nullptr,
        ohm(wires.row), ohm(wires.column),
        flag(wires.any() && wires.driveBothEnds),
        flag(wires.any() && wires.firstOrder));
    if (former)
      former.erase();
    return success();
  }

  /// Says so when dense packing is asked for and nothing can be packed.
  void warnOfPacking() {
    bool isAskedFor = false, hasEffect = false;
    for (auto [layer, mapping] : llvm::zip_equal(crossbarLayers, mappings))
      if (mapping.isAskedFor && mapping.packing == Packing::dense) {
        isAskedFor = true;
        hasEffect |= layer.getMap().getGroupsPerArray() > 1;
      }
    if (isAskedFor && !hasEffect)
      emitWarning(getOperation().getLoc())
          << "packing 'dense' has no effect: no layer has groups that fit "
             "into one array together";
  }

  std::vector<MapToCrossbarsOptions> requests;
  SmallVector<crossbar::LayerOp> crossbarLayers;
  std::vector<Mapping> mappings;
  llvm::DenseMap<StringAttr, SmallVector<Operation *, 1>> users;
};
} // namespace

std::unique_ptr<Pass>
createMapToCrossbars(std::vector<MapToCrossbarsOptions> requests) {
  return std::make_unique<MapToCrossbars>(std::move(requests));
}
} // namespace cim
