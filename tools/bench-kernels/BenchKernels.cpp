//===- BenchKernels.cpp - Kernels against what the core can do ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// bench-kernels [--benchmark_filter=avx512/.*3x3]: for shapes of common
// networks and every instruction set, the best of many times of
//
//   SET/ALGORITHM/...  convolutions and dense layers; tools/roofline draws them
//   epilogue           convolutions with all that may follow them
//   arrays             convolutions in tiles of rows, each read by ADCs
//   converters         DACs, ADCs and read noise by themselves
//   draws              random numbers
//   packing            weights into the kernels' layouts
//   weight_gradient, data_gradient
//   pooling, largest_taps, pooling_gradient
//   elementwise        residual additions and others
//   batch_norm         what training adds to a layer
//   memory             how fast the core reads
//
// as SUBJECT/SET/...: GFLOP/s (the operations that a direct convolution would
// need) and the fraction of this core's peak where kernels multiply and add,
// GB/s of operands where they wait for memory, millions of draws a second.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/InstructionSet.h"
#include "tools/bench-kernels/Benchmarks.h"

#include <benchmark/benchmark.h>

using namespace cim;
using kernels::InstructionSet;

int main(int argc, char **argv) {
  for (InstructionSet set :
       {InstructionSet::amx, InstructionSet::avx512bf16, InstructionSet::avx512,
        InstructionSet::avx2, InstructionSet::baseline}) {
    if (!kernels::isSupported(set))
      continue;
    kernels::setInstructionSet(set);
    bench::addConvolutions(set);
    bench::addPacking(set);
    if (set > InstructionSet::avx512)
      continue;
    for (bench::AddBenchmarks *addSubject :
         {bench::addArrays, bench::addConverters, bench::addDraws,
          bench::addElementwise, bench::addPooling, bench::addGradients,
          bench::addBatchNorm})
      addSubject(set);
  }
  kernels::setInstructionSet(std::nullopt);
  bench::addMemory();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
