//===- Cost.cpp - What a mapped network takes -----------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/cost/Cost.h"

#include "runtime/converters/Dac.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>

using namespace cim;

static uint64_t divideUp(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

//===----------------------------------------------------------------------===//
// Counts
//===----------------------------------------------------------------------===//

static LayerCost countsOf(const plan::Layer &layer,
                          const Technology *technology) {
  const plan::Crossbar &crossbar = layer.crossbar();
  const bool isOffset = crossbar.cells() == plan::Crossbar::OFFSET;
  LayerCost cost;
  cost.name = layer.name();
  cost.tiles = countTiles(layer);
  cost.arrayRows = crossbar.array_rows();
  cost.arrayColumns = crossbar.array_columns();
  cost.usedColumns = std::min<uint64_t>(
      crossbar.array_columns(),
      uint64_t(crossbar.matrix_columns()) *
          std::min(crossbar.groups_per_array(), crossbar.groups()));
  const uint64_t referenceColumns =
      hasReferences(layer) ? crossbar.groups_per_array() : 0;
  cost.arrayCells = cost.tiles.crossbars * crossbar.array_rows() *
                    (crossbar.array_columns() + referenceColumns);
  cost.cellWrites = cost.tiles.cells + cost.tiles.referenceCells;
  cost.dacs = cost.tiles.crossbars * crossbar.array_rows();
  // A pair of arrays is subtracted before it is converted.
  cost.adcs = cost.tiles.crossbars / (isOffset ? 1 : 2) *
              (technology ? technology->adcsPerArray : 1);
  if (technology) {
    cost.inputBits = technology->inputBits;
    cost.adcBits = technology->adcBits;
  }
  if (layer.has_dac())
    cost.inputBits = layer.dac().bits();
  if (layer.has_adc())
    cost.adcBits = layer.adc().bits();
  if (layer.dac().serial())
    cost.reads = magnitudeBits(layer.dac());
  else if (technology)
    cost.reads = divideUp(cost.inputBits, technology->dacBits);

  const uint64_t groups = crossbar.groups();
  const uint64_t rows = crossbar.matrix_rows() * groups;
  const uint64_t columns = crossbar.matrix_columns() * groups;
  cost.macs = layer.macs();
  cost.vectors = layer.macs() / (rows * crossbar.matrix_columns());
  cost.inputs = cost.vectors * rows;
  cost.outputs = cost.vectors * columns;
  const uint64_t reads = cost.vectors * cost.reads;
  cost.arrayReads = reads * cost.tiles.crossbars;
  cost.dacConversions =
      reads * rows * cost.tiles.columnTiles * cost.tiles.cellsPerWeight;
  cost.adcConversions = reads * columns * cost.tiles.rowTiles * slicesOf(layer);
  return cost;
}

//===----------------------------------------------------------------------===//
// Prices
//===----------------------------------------------------------------------===//

namespace {

/// Adds up terms; those of the same name and price are one.
class Sum {
public:
  explicit Sum(std::vector<CostTerm> &terms) : terms(terms) {}

  /// Adds \p count times \p price to \p layerTotal and to the terms.
  void add(const std::string &name, double count, const std::string &unit,
           const PhysicalQuantity &price, double &layerTotal) {
    add(name, count, unit, price.text, price.value, layerTotal);
  }
  void add(const std::string &name, double count, const std::string &unit,
           const std::string &price, double value, double &layerTotal) {
    layerTotal += count * value;
    auto found =
        std::find_if(terms.begin(), terms.end(), [&](const CostTerm &term) {
          return term.name == name && term.price == price;
        });
    if (found == terms.end())
      found = terms.insert(terms.end(), {name, 0, unit, price, 0});
    found->count += count;
    found->total += count * value;
  }

private:
  std::vector<CostTerm> &terms;
};

/// Prices the layers of one network.
class Pricing {
public:
  Pricing(const Technology &technology, Cost &cost)
      : technology(technology), energy(cost.energy), area(cost.area),
        programming(cost.programming) {}

  void price(LayerCost &layer) {
    priceEnergy(layer);
    priceArea(layer);
    for (const OtherCost &other : technology.others)
      priceOther(other, layer);
    layer.latency = double(layer.vectors) * layer.reads * readTime(layer);
  }

  /// What the network has once, and what programming takes.
  void priceTotal(Cost &cost) {
    for (const OtherCost &other : technology.others)
      if (other.per == OtherCost::Per::image)
        energy.add(other.name, 1, "image", other.quantity, cost.total.energy);
      else if (other.per == OtherCost::Per::chip)
        area.add(other.name, 1, "chip", other.quantity, cost.total.area);
    double unused = 0;
    const double pulses = cost.total.cellWrites * cost.pulsesPerWrite;
    if (technology.writeEnergy)
      programming.add("cells", pulses, "pulses", *technology.writeEnergy,
                      unused);
    if (technology.writeTime)
      cost.programmingTime = pulses * technology.writeTime->value;
  }

private:
  /// An ADC converts its columns one after the other while the next read is on
  /// its way; whichever takes longer.
  double readTime(const LayerCost &layer) const {
    if (!technology.adcRate)
      return technology.readTime.value;
    return std::max(technology.readTime.value,
                    divideUp(layer.usedColumns, technology.adcsPerArray) /
                        technology.adcRate->value);
  }

  /// "0.3 mW × 100 ns": the energy of a part that is on during a read.
  std::string duringRead(const PhysicalQuantity &power) const {
    return power.text + " × " + technology.readTime.text;
  }

  /// Arrays of another size count in proportion to their cells.
  double relativeSize(const LayerCost &layer) const {
    return double(layer.arrayCells) / layer.tiles.crossbars /
           (double(technology.arrayRows) * technology.arrayColumns);
  }
  std::string arraySize() const {
    return std::to_string(technology.arrayRows) + "×" +
           std::to_string(technology.arrayColumns);
  }

  std::string adcName(const LayerCost &layer) const {
    return std::to_string(layer.adcBits) + "-bit ADCs";
  }

  /// What the technology says about an ADC of the layer's bits.
  const PhysicalQuantity &ofAdc(const QuantityByBits &quantity,
                                const LayerCost &layer,
                                const char *what) const {
    if (const PhysicalQuantity *found = quantity.find(layer.adcBits))
      return *found;
    std::string known;
    for (const auto &[bits, unused] : quantity.byBits)
      known += (known.empty() ? "" : ", ") + std::to_string(bits);
    throw InputError("technology '" + technology.name + "' does not say the " +
                     what + " of an ADC of " + std::to_string(layer.adcBits) +
                     " bits, only of " + known + "; add it to a copy of '" +
                     technology.file + "'");
  }

  void priceEnergy(LayerCost &layer) {
    if (technology.dacEnergy)
      energy.add("DACs", layer.dacConversions, "conversions",
                 *technology.dacEnergy, layer.energy);
    else if (technology.dacPower)
      energy.add("DACs", layer.dacConversions, "conversions",
                 duringRead(*technology.dacPower),
                 technology.dacPower->value * technology.readTime.value,
                 layer.energy);
    if (technology.arrayPower)
      energy.add("arrays", layer.arrayReads * relativeSize(layer),
                 "reads of " + arraySize(), duringRead(*technology.arrayPower),
                 technology.arrayPower->value * technology.readTime.value,
                 layer.energy);
    if (!technology.adcEnergy.isEmpty())
      energy.add(adcName(layer), layer.adcConversions, "conversions",
                 ofAdc(technology.adcEnergy, layer, "energy"), layer.energy);
    if (technology.shiftAndAddEnergy)
      energy.add("shift and add", layer.adcConversions, "results",
                 *technology.shiftAndAddEnergy, layer.energy);
  }

  void priceArea(LayerCost &layer) {
    if (technology.dacArea)
      area.add("DACs", layer.dacs, "rows", *technology.dacArea, layer.area);
    if (technology.arrayArea)
      area.add("arrays", layer.tiles.crossbars * relativeSize(layer),
               "arrays of " + arraySize(), *technology.arrayArea, layer.area);
    if (!technology.adcArea.isEmpty())
      area.add(adcName(layer), layer.adcs, "converters",
               ofAdc(technology.adcArea, layer, "area"), layer.area);
    if (technology.shiftAndAddArea)
      area.add("shift and add", layer.adcs, "converters",
               *technology.shiftAndAddArea, layer.area);
  }

  void priceOther(const OtherCost &other, LayerCost &layer) {
    using Per = OtherCost::Per;
    auto add = [&](double count, const char *unit) {
      (other.isArea() ? area : energy)
          .add(other.name, count, unit, other.quantity.text,
               other.quantity.value,
               other.isArea() ? layer.area : layer.energy);
    };
    switch (other.per) {
    case Per::image:
    case Per::chip: // once, in priceTotal()
      return;
    case Per::input:
      return add(layer.inputs, "inputs");
    case Per::output:
      return add(layer.outputs, "outputs");
    case Per::mac:
      return add(layer.macs, "MACs");
    case Per::arrayRead:
      return add(layer.arrayReads, "reads");
    case Per::dacConversion:
      return add(layer.dacConversions, "conversions");
    case Per::adcConversion:
      return add(layer.adcConversions, "conversions");
    case Per::layer:
      return add(1, "layers");
    case Per::array:
      return add(layer.tiles.crossbars, "arrays");
    case Per::dac:
      return add(layer.dacs, "converters");
    case Per::adc:
      return add(layer.adcs, "converters");
    }
  }

  const Technology &technology;
  Sum energy, area, programming;
};

} // namespace

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

static void addTo(LayerCost &total, const LayerCost &layer) {
  total.tiles.crossbars += layer.tiles.crossbars;
  total.tiles.cells += layer.tiles.cells;
  total.tiles.referenceCells += layer.tiles.referenceCells;
  for (auto count :
       {&LayerCost::arrayCells, &LayerCost::cellWrites, &LayerCost::dacs,
        &LayerCost::adcs, &LayerCost::vectors, &LayerCost::inputs,
        &LayerCost::outputs, &LayerCost::macs, &LayerCost::arrayReads,
        &LayerCost::dacConversions, &LayerCost::adcConversions})
    total.*count += layer.*count;
  for (auto price : {&LayerCost::energy, &LayerCost::latency, &LayerCost::area})
    total.*price += layer.*price;
}

Cost cim::costOf(const plan::Plan &plan, const Technology *technology,
                 double pulsesPerWrite) {
  Cost cost;
  cost.pulsesPerWrite = pulsesPerWrite;
  std::optional<Pricing> pricing;
  if (technology)
    pricing.emplace(*technology, cost);
  double available = 0;
  for (const plan::Layer &layer : plan.layers()) {
    if (!layer.has_crossbar())
      continue;
    LayerCost counted = countsOf(layer, technology);
    if (pricing)
      pricing->price(counted);
    available += double(counted.tiles.crossbars) * counted.arrayRows *
                 counted.arrayColumns;
    cost.slowestLayer = std::max(cost.slowestLayer, counted.latency);
    addTo(cost.total, counted);
    cost.layers.push_back(std::move(counted));
  }
  if (available > 0)
    cost.total.tiles.utilization = cost.total.tiles.cells / available;
  if (pricing)
    pricing->priceTotal(cost);
  return cost;
}
