//===- Winograd.cpp - 3x3 convolutions with a quarter of the products ---*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// See WinogradTransforms.h for the algorithm. Tiles of results lie anywhere in
// the images: the caller says where each of them, its inputs and its residual
// begin, so shapes whose sizes are no multiples of a tile's need no special
// code. A block of tiles goes through all stages while it is in the cache:
// input transform, products (one matrix product over the channels per point),
// result transform with the epilogue.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/generators/Common.h"
#include "runtime/kernels/generators/WinogradTransform.h"

using namespace Halide;
using namespace cim::kernels;
using namespace cim::kernels::winograd;

namespace {

/// Tiles that are multiplied at a time, so that their sums stay in registers:
/// of two blocks of channels with AVX-512, of one with less.
int registerTilesOf(const Target &target) {
  const InstructionSet set = instructionSetOf(target);
  return set >= InstructionSet::avx512 ? 8
         : set == InstructionSet::avx2 ? 4
                                       : 2;
}

class WinogradGenerator : public Generator<WinogradGenerator> {
public:
  /// Results of a tile's row: 2 or 4.
  GeneratorParam<int> results{"results", 4};
  /// Blocks of output channels that are computed together.
  GeneratorParam<int> blocks{"blocks", 1};
  /// Tiles that go through all stages together.
  GeneratorParam<int> tiles{"tiles", 8};

  Input<Buffer<float, 1>> input{"input"};
  /// (lane, block in group, input channel, point, group)
  Input<Buffer<float, 5>> weights{"weights"};
  /// (block, lane)
  Input<Buffer<float, 2>> scale{"scale"};
  Input<Buffer<float, 2>> offset{"offset"};
  Input<Buffer<float, 1>> residual{"residual"};
  /// Where tiles begin in input, residual and output: (which, tile, block)
  Input<Buffer<int32_t, 3>> begins{"begins"};
  Input<int> inputPixel{"inputPixel"}, inputRow{"inputRow"};
  Input<int> residualPixel{"residualPixel"}, residualRow{"residualRow"},
      residualBlock{"residualBlock"};
  Input<int> outputPixel{"outputPixel"}, outputRow{"outputRow"};
  Input<float> slope{"slope"}, lowest{"lowest"}, highest{"highest"};
  Output<Buffer<float, 1>> output{"output"};

  void generate() {
    const int points = pointsOf(results);
    Expr inputBlocks = weights.dim(2).extent() / channelBlock;

    // Input transform, along x and then along y.
    auto pixel = [&](Expr x) {
      return input(beginAt(begins(0, tile, tileBlock)) + x * inputPixel +
                   y * inputRow + block * channelBlock + lane);
    };
    rows(lane, i, y, tile, block, tileBlock) =
        mux(i, transformInput(results, [&](int x) { return pixel(x); }));
    values(lane, tile, i, j, block, tileBlock) =
        mux(j, transformInput(results, [&](int y) {
              return rows(lane, i, y, tile, block, tileBlock);
            }));

    // Products, summed over the input channels.
    channel = RDom(0, channelBlock, 0, inputBlocks, "channel");
    sum(lane, block, tile, i, j, group, tileBlock) = 0.0f;
    sum(lane, block, tile, i, j, group, tileBlock) +=
        weights(lane, block, channel.x + channel.y * channelBlock,
                i + points * j, group) *
        values(channel.x, tile, i, j, channel.y, tileBlock);
    products(lane, block, tile, i, j, group, tileBlock) =
        sum(lane, block, tile, i, j, group, tileBlock);

    // Result transform.
    columns(lane, x, j, block, tile, group, tileBlock) =
        mux(x, transformProducts(results, [&](int i) {
              return products(lane, block, tile, i, j, group, tileBlock);
            }));
    patch(lane, x, y, block, tile, group, tileBlock) =
        mux(y, transformProducts(results, [&](int j) {
              return columns(lane, x, j, block, tile, group, tileBlock);
            }));

    // Tiles may be anywhere, so results are scattered.
    const int lanes = natural_vector_size<float>();
    r = RDom(0, lanes, 0, results, 0, results, 0, channelBlock / lanes, 0,
             blocks, 0, tiles, 0, weights.dim(4).extent(), 0,
             begins.dim(2).extent(), "r");
    Expr channelLane = r[0] + r[3] * lanes, channels = r[4] + r[6] * blocks;
    Expr at = beginAt(begins(2, r[5], r[7])) + r[2] * outputPixel +
              r[1] * outputRow + channels * channelBlock + channelLane;
    output(index) = undef<float>();
    output(at) = applyEpilogue(
        patch(channelLane, r[2], r[1], r[4], r[5], r[6], r[7]),
        scale(channelLane, channels), offset(channelLane, channels),
        residual(beginAt(begins(1, r[5], r[7])) + r[2] * residualPixel +
                 r[1] * residualRow + channels * residualBlock + channelLane),
        slope, lowest, highest);
  }

  void schedule() {
    weights.dim(0).set_bounds(0, channelBlock).set_stride(1);
    weights.dim(1).set_bounds(0, blocks).set_stride(channelBlock);
    weights.dim(2).set_min(0).set_stride(channelBlock * blocks);
    weights.dim(3).set_bounds(0, pointsOf(results) * pointsOf(results));
    weights.dim(4).set_min(0);
    holdsLanes(scale);
    holdsLanes(offset);
    input.dim(0).set_min(0);
    residual.dim(0).set_min(0);
    output.dim(0).set_min(0);
    begins.dim(0).set_bounds(0, 3).set_stride(1);
    begins.dim(1).set_bounds(0, tiles).set_stride(3);
    begins.dim(2).set_min(0).set_stride(3 * tiles);

    Func out = output;
    const int lanes = natural_vector_size<float>();
    out.update()
        .reorder(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
        .allow_race_conditions()
        .vectorize(r[0])
        .unroll(r[1]);
    columns.compute_at(out, r[3]).store_in(MemoryType::Stack);
    columns.vectorize(lane).unroll(x);
    columns.bound_extent(lane, lanes);
    patch.compute_at(out, r[2]).store_in(MemoryType::Stack);
    patch.vectorize(lane).unroll(y);
    patch.bound_extent(lane, lanes);
    if (unrollsTransforms(get_target())) {
      out.update().unroll(r[2]);
      columns.unroll(j);
    }
    // ReLU and no activation at all have no slope, which is three operations
    // per result. It takes the schedule as it is here.
    out.update().specialize(slope == 1.0f);

    // Two multiply-adds per cycle with a latency of four need eight sums at
    // least; a single block takes two points at a time, so that it has more.
    const bool isWide =
        instructionSetOf(get_target()) >= InstructionSet::avx512;
    const int pointsTogether = isWide && blocks == 1 ? 2 : 1;
    products.compute_at(out, r[6]).store_in(MemoryType::Stack);
    products.bound_extent(lane, channelBlock);
    products.split(tile, tileOuter, tileInner, registerTilesOf(get_target()))
        .split(i, iOuter, iInner, pointsTogether)
        .reorder(lane, block, tileInner, iInner, tileOuter, iOuter, j, group,
                 tileBlock)
        .vectorize(lane)
        .unroll(block)
        .unroll(tileInner)
        .unroll(iInner);
    sum.compute_at(products, tileOuter).store_in(MemoryType::Stack);
    sum.vectorize(lane).unroll(block).unroll(tile).unroll(i);
    sum.update()
        .reorder(lane, block, tile, i, j, group, tileBlock, channel.x,
                 channel.y)
        .vectorize(lane)
        .unroll(block)
        .unroll(tile)
        .unroll(i)
        .unroll(channel.x, 4);

    values.compute_at(out, r[7]).hoist_storage_root();
    values.bound_extent(lane, channelBlock).bound_extent(tile, tiles);
    values.reorder_storage(lane, tile, i, j, block, tileBlock);
    scheduleTransform(values, rows, get_target());

    // Room for one more tile from point to point, so that the points of a tile
    // do not meet in few sets of a cache.
    values.align_storage(tile, tiles + 1);
    products.align_storage(tile, tiles + 1);
  }

private:
  static int pointsOf(int results) { return results + taps - 1; }

  Var lane{"lane"}, block{"block"}, tile{"tile"}, tileBlock{"tileBlock"};
  Var i{"i"}, j{"j"}, x{"x"}, y{"y"}, group{"group"}, index{"index"};
  Var iOuter{"iOuter"}, iInner{"iInner"};
  Var tileOuter{"tileOuter"}, tileInner{"tileInner"};
  RDom channel, r;
  Func rows{"rows"}, values{"values"}, sum{"sum"}, products{"products"};
  Func columns{"columns"}, patch{"patch"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(WinogradGenerator, cim_winograd)
