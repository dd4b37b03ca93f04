//===- TrainingProgramTest.cpp - Gradients against differences --*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/TrainingProgram.h"
#include "runtime/executor/BindStep.h"
#include "runtime/plan/transforms/Optimise.h"
#include "runtime/tensor/Errors.h"
#include "tests/runtime/training/SmallNetwork.h"

#include <atomic>
#include <cmath>
#include <memory>
#include <span>
#include <utility>

using namespace cim;
using namespace testing;
using cim::test::SmallNetwork;

namespace {

constexpr int64_t images = 7, classes = 5, pixels = 3 * 12 * 12;
constexpr double smoothing = 0.1;

std::vector<float> makeImages() {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  std::vector<float> all(images * pixels);
  for (float &number : all)
    number = normal(random);
  return all;
}

const std::vector<int64_t> labels = {0, 3, 1, 4, 2, 2, 0};

/// All layers of the small network.
std::set<uint32_t> allLayers(const SmallNetwork &network) {
  std::set<uint32_t> all;
  for (int l = 0; l < network.plan.layers_size(); ++l)
    all.insert(l);
  return all;
}

/// The mean loss of the batch, in double precision, by the definitions of the
/// operations alone.
double referenceLoss(const SmallNetwork &network,
                     const std::vector<float> &data) {
  ReferenceExecutor executor(network.plan, network.tensors);
  reference::Tensor input;
  input.shape = {images, 3, 12, 12};
  input.numbers.assign(data.begin(), data.end());
  const std::vector<double> logits =
      executor.evaluate({&input, 1})[network.plan.outputs(0)].numbers;
  double loss = 0;
  for (int64_t n = 0; n < images; ++n) {
    const double *x = logits.data() + n * classes;
    double sum = 0;
    for (int64_t k = 0; k < classes; ++k)
      sum += std::exp(x[k]);
    for (int64_t k = 0; k < classes; ++k)
      loss -= (smoothing / classes + (k == labels[n] ? 1 - smoothing : 0)) *
              (x[k] - std::log(sum));
  }
  return loss / images;
}

struct Trained {
  explicit Trained(const std::set<uint32_t> &layers, unsigned threads = 2,
                   int64_t batch = images, bool strict = true,
                   std::shared_ptr<const kernels::AlgorithmChoice> chosen = {})
      : network(1), program(network.plan, network.tensors, layers, false,
                            {.threads = threads,
                             .batch = batch,
                             .labelSmoothing = smoothing,
                             .strict = strict,
                             .chosen = std::move(chosen)}) {
    program.program({});
  }
  TrainingProgram::BatchResult run() {
    return program.run(labels, [&](int64_t i, float *image) {
      std::copy_n(data.begin() + i * pixels, pixels, image);
    });
  }
  const Parameter *find(const std::string &tensor) const {
    for (const Parameter &parameter : program.parameters())
      if (parameter.tensor == tensor)
        return &parameter;
    return nullptr;
  }

  SmallNetwork network;
  std::vector<float> data = makeImages();
  TrainingProgram program;
};

TEST(TrainingProgram, agreesWithFiniteDifferences) {
  Trained trained(allLayers(SmallNetwork(1)));
  SmallNetwork reference(images, true);
  const auto result = trained.run();
  EXPECT_NEAR(result.loss / images, referenceLoss(reference, trained.data),
              1e-6);

  // The constants of both come in the same order; epsilons are the
  // reference's own.
  std::vector<std::string> names;
  for (const std::string &name : reference.constants)
    if (!name.starts_with("epsilon"))
      names.push_back(name);
  ASSERT_EQ(names.size(), trained.network.constants.size());
  int checked = 0;
  std::mt19937 random(3);
  for (size_t c = 0; c < names.size(); ++c) {
    const Parameter *parameter = trained.find(trained.network.constants[c]);
    if (!parameter || !parameter->isLearned())
      continue;
    Tensor &tensor = reference.tensors.at(names[c]);
    ASSERT_EQ(tensor.shape, parameter->shape);
    const Tensor original = tensor;
    const auto numbers = original.as<float>();
    const size_t i = random() % numbers.size();
    constexpr float step = 2e-5f; // few kinks lie so near
    std::vector<float> moved(numbers.begin(), numbers.end());
    moved[i] = numbers[i] + step;
    tensor = makeTensor(original.shape, moved);
    const double above = referenceLoss(reference, trained.data);
    const double width = double(moved[i]);
    moved[i] = numbers[i] - step;
    tensor = makeTensor(original.shape, moved);
    const double below = referenceLoss(reference, trained.data);
    tensor = original;
    EXPECT_NEAR(parameter->gradient[i], (above - below) / (width - moved[i]),
                2e-5)
        << trained.network.constants[c] << " " << i;
    ++checked;
  }
  EXPECT_EQ(checked, 6 + 2 * 5 + 2 * 2); // weights, scales and biases
}

/// Winograd's kernels, forward and backward, round a little more.
TEST(TrainingProgram, agreesWithTheDirectKernels) {
  const auto all = allLayers(SmallNetwork(1));
  Trained fast(all, 2, images, false), strict(all, 2, images, true);
  EXPECT_NEAR(fast.run().loss, strict.run().loss, 1e-4);
  int differing = 0;
  for (size_t p = 0; p < fast.program.parameters().size(); ++p) {
    const auto &mine = fast.program.parameters()[p].gradient,
               &exact = strict.program.parameters()[p].gradient;
    float largest = 0;
    for (float g : exact)
      largest = std::max(largest, std::abs(g));
    for (size_t i = 0; i < exact.size(); ++i) {
      ASSERT_NEAR(mine[i], exact[i], 1e-4 * largest)
          << fast.program.parameters()[p].tensor << " " << i;
      differing += mine[i] != exact[i];
    }
  }
  EXPECT_GT(differing, 0);
}

/// Forward, in trained layers as in those before them.
TEST(TrainingProgram, takesTheKernelsThatAreChosen) {
  SmallNetwork network(1);
  optimise(network.plan, network.tensors);
  auto direct = std::make_shared<kernels::AlgorithmChoice>();
  for (const auto &shape :
       convolutionsWithChoice({network.plan, network.tensors}))
    (*direct)[shape] = kernels::ConvolutionAlgorithm::direct;
  EXPECT_FALSE(direct->empty());
  for (const std::set<uint32_t> &layers :
       {allLayers(SmallNetwork(1)), std::set<uint32_t>{6}}) {
    Trained strict(layers), fast(layers, 2, images, false),
        chosen(layers, 2, images, false, direct);
    const double exact = strict.run().loss;
    EXPECT_NE(fast.run().loss, exact);
    EXPECT_EQ(chosen.run().loss, exact);
  }
}

TEST(TrainingProgram, stopsAtTheEarliestTrainedLayer) {
  Trained all(allLayers(SmallNetwork(1))), some({4, 6});
  EXPECT_EQ(all.program.depth(), 8);
  EXPECT_EQ(some.program.depth(), 4);
  // Weights and batch normalisation of layer 4, weights and bias of layer 6.
  std::vector<size_t> sizes;
  for (const Parameter &parameter : some.program.parameters())
    sizes.push_back(parameter.gradient.size());
  EXPECT_THAT(sizes,
              UnorderedElementsAre(24 * 24 * 9, 24, 24, 0, 0, 40 * 20, 20));
  EXPECT_LT(some.program.bytes(), all.program.bytes());
}

/// With everything else frozen, a gradient agrees with differences of the
/// engine's own losses.
TEST(TrainingProgram, passesThroughFrozenLayers) {
  Trained trained({1});
  trained.run();
  Parameter &weights = trained.program.parameters()[0];
  const std::vector<float> gradient = weights.gradient;
  std::mt19937 random(4);
  for (int t = 0; t < 10; ++t) {
    const size_t i = random() % gradient.size();
    const float original = weights.value[i];
    auto lossAt = [&](float value) {
      weights.value[i] = value;
      trained.program.update();
      return trained.run().loss / images;
    };
    const double difference =
        (lossAt(original + 5e-3f) - lossAt(original - 5e-3f)) / 1e-2;
    weights.value[i] = original;
    EXPECT_NEAR(gradient[i], difference, 2e-3) << i;
  }
}

/// Layers without cells, too, whose fused scales the way back has to take in.
TEST(TrainingProgram, passesThroughLayersWithoutCells) {
  Trained written({1});
  written.run();
  SmallNetwork network(1);
  for (plan::Step &step : *network.plan.mutable_steps())
    if (step.has_layer() && step.layer() != 1)
      step.clear_layer();
  TrainingProgram program(network.plan, network.tensors, {1}, false,
                          {.threads = 2,
                           .batch = images,
                           .labelSmoothing = smoothing,
                           .strict = true});
  program.program({});
  program.run(labels, [&](int64_t i, float *image) {
    std::copy_n(written.data.begin() + i * pixels, pixels, image);
  });
  const auto &gradient = program.parameters()[0].gradient,
             &wanted = written.program.parameters()[0].gradient;
  for (size_t i = 0; i < wanted.size(); ++i)
    ASSERT_NEAR(gradient[i], wanted[i], 1e-5) << i;
}

/// Batch normalisation of what is given, then one dense layer.
class NormalizedInput : public cim::test::Network {
public:
  /// Of one image.
  explicit NormalizedInput(cim::test::Shape shape) : Network(6) {
    shape.insert(shape.begin(), 1);
    uint32_t x = batchNorm(input(shape));
    output(gemm(shape.size() == 2 ? x : flatten(x), classes));
  }
  TrainingProgram makeProgram() const {
    return {plan, tensors, {0}, true, {.threads = 2, .batch = images}};
  }
};

/// Normalised images are read as rows, so they change their layout in between.
TEST(TrainingProgram, normalisesImagesInFrontOfADenseLayer) {
  constexpr int64_t channels = 3, perChannel = 4 * 4;
  const std::vector<float> data = makeImages();
  auto read = [&](int64_t i, float *image) {
    std::copy_n(data.begin() + i * pixels, channels * perChannel, image);
  };
  TrainingProgram program = NormalizedInput({channels, 4, 4}).makeProgram();
  program.program({});
  program.measure(images, 1, read);
  for (const Parameter &parameter : program.parameters())
    if (parameter.kind == Parameter::Kind::runningMean)
      for (int64_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (int64_t i = 0; i < images; ++i)
          for (int64_t p = 0; p < perChannel; ++p)
            sum += data[i * pixels + c * perChannel + p];
        EXPECT_NEAR(parameter.value[c], sum / (images * perChannel), 1e-5);
      }

  auto loss = [&] {
    program.update();
    return program.run(labels, read).loss / images;
  };
  loss();
  int checked = 0;
  for (Parameter &parameter : program.parameters()) {
    const std::vector<float> gradient = parameter.gradient;
    for (size_t i = 0; i < gradient.size(); ++i, ++checked) {
      const float original = parameter.value[i];
      parameter.value[i] = original + 5e-3f;
      const double above = loss();
      parameter.value[i] = original - 5e-3f;
      const double below = loss();
      parameter.value[i] = original;
      EXPECT_NEAR(gradient[i], (above - below) / 1e-2, 2e-3)
          << parameter.tensor << " " << i;
    }
  }
  EXPECT_EQ(checked, 2 * channels + (channels * perChannel + 1) * classes);
}

TEST(TrainingProgram, refusesToNormaliseOtherShapes) {
  for (const cim::test::Shape &shape :
       {cim::test::Shape{3, 16}, cim::test::Shape{3, 2, 2, 4}})
    try {
      NormalizedInput(shape).makeProgram();
      FAIL() << "no error";
    } catch (const InputError &error) {
      EXPECT_THAT(error.what(), HasSubstr("'batch_norm1'"));
    }
}

/// The last batch of an epoch may be one image.
TEST(TrainingProgram, learnsNoStatisticsOfOneNumber) {
  TrainingProgram program = NormalizedInput({12}).makeProgram();
  program.program({});
  auto statistics = [&] {
    std::vector<std::vector<float>> all;
    for (const Parameter &parameter : program.parameters())
      if (!parameter.isLearned())
        all.push_back(parameter.value);
    return all;
  };
  const std::vector<float> data = makeImages();
  auto run = [&](int64_t count) {
    program.run(std::span(labels).first(count), [&](int64_t i, float *image) {
      std::copy_n(data.begin() + i * pixels, 12, image);
    });
  };
  const auto before = statistics();
  ASSERT_EQ(before.size(), 2u);
  run(1);
  EXPECT_EQ(statistics(), before);
  run(2);
  EXPECT_NE(statistics(), before);
}

auto bytesOf(const std::vector<float> &numbers) {
  return std::as_bytes(std::span(numbers));
}

bool sameBits(const Trained &a, const Trained &b) {
  for (size_t p = 0; p < a.program.parameters().size(); ++p) {
    const Parameter &left = a.program.parameters()[p],
                    &right = b.program.parameters()[p];
    if (!std::ranges::equal(bytesOf(left.gradient), bytesOf(right.gradient)) ||
        !std::ranges::equal(bytesOf(left.value), bytesOf(right.value)))
      return false;
  }
  return true;
}

TEST(TrainingProgram, givesTheSameBitsOnAnyNumberOfThreads) {
  const auto all = allLayers(SmallNetwork(1));
  Trained one(all, 1), four(all, 4);
  one.run();
  four.run();
  EXPECT_TRUE(sameBits(one, four));
  // And when run again, for what batches leave behind must not matter.
  one.program.program({});
  one.run();
  EXPECT_TRUE(sameBits(one, four));
}

/// Quantization is the same on every chip, but training forgets what it gave.
TEST(TrainingProgram, beginsEveryChipWithWhatIsWritten) {
  SmallNetwork network(1);
  for (plan::Layer &layer : *network.plan.mutable_layers())
    layer.mutable_quantize()->set_bits(3);
  TrainingProgram program(network.plan, network.tensors, {1}, false,
                          {.threads = 2, .batch = images});
  program.program({});
  Parameter &weights = program.parameters().front();
  const std::vector<float> written = weights.value;
  const auto exact = network.tensors.at(weights.tensor).as<float>();
  ASSERT_FALSE(std::ranges::equal(written, exact));
  weights.value.assign(weights.value.size(), 1);
  program.program({});
  EXPECT_EQ(weights.value, written);
}

/// The last batch of an epoch has fewer images, so some lanes have none.
TEST(TrainingProgram, takesSmallerBatches) {
  const auto all = allLayers(SmallNetwork(1));
  Trained exact(all), roomy(all, 2, 5 * images);
  exact.run();
  roomy.run();
  for (size_t p = 0; p < exact.program.parameters().size(); ++p) {
    const auto &wanted = exact.program.parameters()[p].gradient,
               &gradient = roomy.program.parameters()[p].gradient;
    ASSERT_EQ(gradient.size(), wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i)
      EXPECT_NEAR(gradient[i], wanted[i], 1e-5 * (1 + std::abs(wanted[i])));
  }
}

/// What the layers in front of the trained ones compute can be kept, as much as
/// there is room for, with the same bits.
TEST(TrainingProgram, keepsWhatDoesNotChange) {
  const SmallNetwork network(1);
  const std::vector<float> data = makeImages();
  const std::vector<int64_t> views = {0, 9, 2, 3, 5, 4, 13};
  auto make = [&](size_t keptBytes, int64_t views = 1 << 20) {
    auto program = std::make_unique<TrainingProgram>(
        network.plan, network.tensors, std::set<uint32_t>{4, 6}, false,
        TrainingProgramOptions{.threads = 2,
                               .batch = images,
                               .keptBytes = keptBytes,
                               .views = views});
    program->program({});
    return program;
  };
  std::atomic<int> reads;
  auto run = [&](TrainingProgram &program) {
    reads = 0;
    program.run(
        labels,
        [&](int64_t i, float *image) {
          ++reads;
          std::copy_n(data.begin() + i * pixels, pixels, image);
        },
        views);
    std::vector<std::vector<float>> gradients;
    for (const Parameter &parameter : program.parameters())
      gradients.push_back(parameter.gradient);
    return gradients;
  };
  auto without = make(0), all = make(1 << 20);
  // Running statistics move, and with them the last bits.
  const auto first = run(*without), second = run(*without);
  EXPECT_EQ(reads, images);

  const size_t before = all->bytes();
  EXPECT_EQ(run(*all), first);
  EXPECT_EQ(reads, images);
  const size_t perView = (all->bytes() - before) / images;
  EXPECT_GT(perView, 0u);
  EXPECT_EQ(run(*all), second);
  EXPECT_EQ(reads, 0);
  // Another chip, other weights.
  all->program({});
  EXPECT_EQ(run(*all), first);
  EXPECT_EQ(reads, images);

  auto some = make(3 * perView + perView / 2);
  EXPECT_EQ(run(*some), first);
  EXPECT_EQ(run(*some), second);
  EXPECT_EQ(reads, images - 3);
  // Memory is taken for views that there are.
  constexpr size_t endless = size_t(1) << 60;
  auto few = make(endless, 5);
  EXPECT_EQ(run(*few), first);
  EXPECT_EQ(run(*few), second);
  EXPECT_EQ(reads, images - 5);
  EXPECT_THAT(
      [&] { make(endless, endless); },
      ThrowsMessage<InputError>(HasSubstr("--keep: not enough memory")));
}

TEST(TrainingProgram, movesRunningStatistics) {
  Trained trained({0});
  const Parameter &mean = trained.program.parameters()[3];
  ASSERT_FALSE(mean.isLearned());
  const std::vector<float> before = mean.value;
  // Once by a whole batch alone, and from there by a tenth.
  trained.program.measure(images, 1, [&](int64_t i, float *image) {
    std::copy_n(trained.data.begin() + i * pixels, pixels, image);
  });
  const std::vector<float> measured = mean.value;
  trained.program.program({});
  trained.run();
  for (size_t c = 0; c < before.size(); ++c)
    EXPECT_NEAR(mean.value[c], before[c] + 0.1 * (measured[c] - before[c]),
                1e-6);
}

/// The network with another activation for its clip.
plan::Plan withActivation(plan::Plan plan, const std::string &operation,
                          double alpha) {
  for (plan::Step &step : *plan.mutable_steps())
    if (step.operation() == "clip") {
      step.set_operation(operation);
      step.clear_attributes();
      if (operation == "leaky_relu")
        (*step.mutable_attributes())["alpha"].set_number(alpha);
    }
  return plan;
}

TEST(TrainingProgram, refusesWhatItCannotTrain) {
  SmallNetwork network(1);
  auto make = [&](const plan::Plan &plan) {
    TrainingProgram(plan, network.tensors, {0}, false, {.threads = 1});
  };
  plan::Plan plan = network.plan;
  plan.set_image_wise(false);
  EXPECT_THROW(make(plan), InputError);
  plan = network.plan;
  plan.mutable_layers(1)->mutable_dac()->set_bits(8);
  EXPECT_THROW(make(plan), InputError);
  plan = network.plan;
  for (plan::Step &step : *plan.mutable_steps())
    if (step.operation() == "clip") {
      step.set_operation("sigmoid");
      step.clear_attributes();
    }
  try {
    make(plan);
    FAIL() << "no error";
  } catch (const InputError &error) {
    EXPECT_THAT(error.what(), HasSubstr("sigmoid"));
  }
  EXPECT_THROW(make(withActivation(network.plan, "leaky_relu", -0.1)),
               InputError);
}

/// A LeakyRelu without a slope is a ReLU.
TEST(TrainingProgram, passesNothingWhereThereIsNoSlope) {
  const SmallNetwork network(1);
  const std::vector<float> data = makeImages();
  auto gradientsOf = [&](const plan::Plan &plan) {
    TrainingProgram program(plan, network.tensors, allLayers(network), false,
                            {.threads = 1, .batch = images});
    program.program({});
    program.run(labels, [&](int64_t i, float *image) {
      std::copy_n(data.begin() + i * pixels, pixels, image);
    });
    std::vector<std::vector<float>> gradients;
    for (const Parameter &parameter : program.parameters())
      gradients.push_back(parameter.gradient);
    return gradients;
  };
  EXPECT_EQ(gradientsOf(withActivation(network.plan, "leaky_relu", 0)),
            gradientsOf(withActivation(network.plan, "relu", 0)));
  EXPECT_NE(gradientsOf(withActivation(network.plan, "leaky_relu", 0.1)),
            gradientsOf(withActivation(network.plan, "relu", 0)));
}

} // namespace
